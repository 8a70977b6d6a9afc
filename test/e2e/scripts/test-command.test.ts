import test from 'ava';
import { projectCopy, runScript } from '../../scripts/run-script.js';

const passing = `import test from 'ava'; test('adds', (t) => t.is(1 + 1, 2));`;
const failing = `import test from 'ava'; test('subtracts', (t) => t.is(3 - 1, 1));`;
const skipping = `import test from 'ava'; test.skip('divides', (t) => t.pass());`;
const crashing = `import 'ava'; throw new Error('broken file');`;

const lastLine = (text: string) => text.trimEnd().split('\n').at(-1);

test('the last line of a run counts what passed, failed and was skipped', async (t) => {
  const folder = await projectCopy(t, {
    'core/empty.ts': 'export {};\n',
    'test/passing.test.ts': passing,
    'test/failing.test.ts': failing,
    'test/skipping.test.ts': skipping,
    'test/crashing.test.ts': crashing,
  });
  const outcome = await runScript(folder, 'test.mjs');
  t.is(outcome.code, 1);
  // A file that crashes counts twice: its exception and its exit, as ava reports them.
  t.is(lastLine(outcome.stdout), '1 passed, 3 failed, 1 skipped');
  t.regex(outcome.stdout, /✗ failing › subtracts[\s\S]*Difference/);
  t.regex(outcome.stdout, /broken file/);
  // Once more at the end, where a log that is cut still shows it.
  t.is(outcome.stdout.split('✗ failing › subtracts').length, 3);
  t.regex(outcome.stdout, /subtracts\n[\s\S]*Difference[\s\S]*\n\n1 passed[^\n]*\n$/);
});

test('a source file or a folder of tests can be named', async (t) => {
  const folder = await projectCopy(t, {
    'test/sums/passing.test.ts': passing,
    'test/failing.test.ts': failing,
  });
  const file = await runScript(folder, 'test.mjs', ['test/sums/passing.test.ts']);
  t.is(file.code, 0, file.stdout);
  t.is(lastLine(file.stdout), '1 passed, 0 failed');
  const whole = await runScript(folder, 'test.mjs', ['test/sums']);
  t.is(lastLine(whole.stdout), '1 passed, 0 failed');
});

test('a run without tests fails', async (t) => {
  const folder = await projectCopy(t, { 'core/empty.ts': 'export {};\n' });
  const outcome = await runScript(folder, 'test.mjs');
  t.is(outcome.code, 1);
  t.is(lastLine(outcome.stdout), '0 passed, 0 failed');
});
