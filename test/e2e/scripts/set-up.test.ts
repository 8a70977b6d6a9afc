import { access, cp, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { takeLock } from '../../../scripts/lib/lock.mjs';
import { checkNode } from '../../../scripts/lib/set-up.mjs';
import { projectCopy, runScript } from '../../scripts/run-script.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const source = { 'core/answer.ts': 'export const answer = 42;\n' };

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

test('a set-up with nothing missing does nothing', async (t) => {
  const folder = await projectCopy(t, source);
  await runScript(folder, 'setup.mjs');
  const second = await runScript(folder, 'setup.mjs');
  t.is(second.code, 0, second.stderr);
  t.is(second.stdout, 'Everything is in place.\n');
  t.true(await exists(join(folder, 'dist', 'core', 'answer.js')));
});

test('a changed source is built again', async (t) => {
  const folder = await projectCopy(t, source);
  await runScript(folder, 'setup.mjs');
  await writeFile(join(folder, 'core', 'answer.ts'), 'export const answer = 43;\n');
  const { stdout } = await runScript(folder, 'setup.mjs');
  t.regex(stdout, /^Set-up will:\n {2}- build the program into dist\/\n/);
  t.regex(await readFile(join(folder, 'dist', 'core', 'answer.js'), 'utf8'), /43/);
});

test('what was built from a deleted source is removed', async (t) => {
  const folder = await projectCopy(t, { ...source, 'core/old.ts': 'export const old = 1;\n' });
  await runScript(folder, 'setup.mjs');
  t.true(await exists(join(folder, 'dist', 'core', 'old.js')));
  await unlink(join(folder, 'core', 'old.ts'));
  await runScript(folder, 'setup.mjs');
  t.false(await exists(join(folder, 'dist', 'core', 'old.js')));
  t.true(await exists(join(folder, 'dist', 'core', 'answer.js')));
});

test('one line names the packages that are missing and cannot be installed', async (t) => {
  const folder = await projectCopy(t);
  for (const [purpose, name] of [
    ['start', 'libwebp-dev'],
    ['opencv', 'libopencv-core-dev'],
  ]) {
    const args = ['--for', `${purpose}`];
    const outcome = await runScript(folder, 'setup.mjs', args, { PATH: folder });
    t.is(outcome.code, 1);
    t.regex(outcome.stderr.trim(), new RegExp(`^This is not a Debian system; .*${name}.*$`));
  }
});

test('an engine that was built from other sources is compiled again', async (t) => {
  const folder = await projectCopy(t, source);
  const native = join('core', 'detection', 'engine', 'native');
  await unlink(join(folder, native));
  await cp(join(projectRoot(), native), join(folder, native), { recursive: true });
  const plan = join(folder, native, 'plan.cpp');
  const sound = await readFile(plan, 'utf8');
  const setUp = () => runScript(folder, 'setup.mjs', [], { XDG_CACHE_HOME: join(folder, 'cache') });
  await writeFile(plan, `${sound}#error not to be overlooked\n`);
  const broken = await setUp();
  t.is(broken.code, 1);
  t.regex(broken.stderr, /siteglass-engine does not compile/);
  await writeFile(plan, `${sound}// Another source.\n`);
  const changed = await setUp();
  t.is(changed.code, 0, changed.stderr);
  t.regex(changed.stdout, /- compile siteglass-engine [0-9a-f]{12} /);
  t.notRegex(changed.stdout, /- compile (@u4|better)/);
  t.is((await setUp()).stdout, 'Everything is in place.\n');
  await unlink(join(folder, native, 'build', 'siteglass-addon.json'));
  t.regex((await setUp()).stdout, /- take siteglass-engine [0-9a-f]{12} from the cache/);
});

test('packages that are shared through a link are never replaced', async (t) => {
  const folder = await projectCopy(t);
  const lock = JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8'));
  lock.packages['node_modules/koa'].version = '0.0.1';
  await writeFile(join(folder, 'package-lock.json'), JSON.stringify(lock));
  const outcome = await runScript(folder, 'setup.mjs');
  t.is(outcome.code, 1);
  t.regex(outcome.stderr.trim(), /^node_modules is a link .*$/);
});

test('a program that does not compile ends the set-up with the reason and no stack trace', async (t) => {
  const folder = await projectCopy(t, { 'core/answer.ts': 'export const answer: string = 42;\n' });
  const outcome = await runScript(folder, 'setup.mjs');
  t.is(outcome.code, 1);
  t.regex(outcome.stdout, /core\/answer\.ts.*TS2322/);
  t.is(outcome.stderr.trim(), 'The program does not compile; see above.');
});

test('an unknown purpose is refused with the list of purposes', async (t) => {
  const outcome = await runScript(await projectCopy(t), 'setup.mjs', ['--for', 'lunch']);
  t.is(outcome.code, 1);
  t.is(outcome.stderr.trim(), '--for takes one of build, start, opencv, test, arm64, not lunch');
});

test('a Node.js that is too old is named', async (t) => {
  t.throws(() => checkNode('18.20.4'), { message: /^Node\.js 18\.20\.4 is too old.*20\.19/ });
  t.throws(() => checkNode('20.18.3'), { message: /too old/ });
  t.notThrows(() => checkNode('20.19.0'));
  t.notThrows(() => checkNode('24.1.0'));
});

test('two set-ups of one folder run one after the other; one that ended leaves no lock', async (t) => {
  const folder = await temporaryFolder(t);
  const release = await takeLock(folder);
  await t.throwsAsync(() => takeLock(folder, { waitMs: 0 }), { message: /Another set-up/ });
  let waited = false;
  const second = takeLock(folder, { onWait: () => (waited = true) });
  release();
  const releaseSecond = await second;
  t.true(waited);
  releaseSecond();
  (await takeLock(folder, { waitMs: 0 }))();
});
