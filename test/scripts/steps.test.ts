import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { projectRoot } from '../../core/runtime/project-root.js';
import { run } from '../../scripts/lib/command.mjs';
import { Problem } from '../../scripts/lib/problem.mjs';
import { runSteps, type Step, type Work } from '../../scripts/lib/steps.mjs';
import { eventually } from '../support/eventually.js';
import { temporaryFolder } from '../support/temporary-folder.js';

interface Settings {
  after?: string[];
  seconds?: number;
  compiles?: boolean;
  finishes?: boolean;
}

/** Runs steps that note what they do; returns the notes, the output and how the run ended. */
async function setUp(t: ExecutionContext, processors?: number) {
  const logs = join(await temporaryFolder(t), 'logs');
  const notes: string[] = [];
  const steps: Step[] = [];
  let output = '';
  const out = { write: (text: string) => (output += text), isTTY: false };
  const add = (title: string, work: (work: Work) => Promise<void>, settings: Settings = {}) => {
    let done = false;
    steps.push({
      title,
      seconds: 10,
      ...settings,
      check: () => (done ? undefined : `do ${title}`),
      async run(given) {
        notes.push(`${title} begins`);
        await work(given);
        done = true;
        notes.push(`${title} ends`);
      },
    });
  };
  return {
    logs,
    notes,
    add,
    output: () => output,
    end: () => runSteps(steps, { logs, out, ...(processors && { processors }) }),
  };
}

const isRunning = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** A command that starts another one in the background and writes its process id into the log. */
const NESTED = 'sleep 60 & echo "pid $!"; wait';

const nestedPid = (log: string): Promise<number> =>
  eventually('the command inside starts', async () => {
    const text = await readFile(log, 'utf8').catch(() => '');
    return Number(/pid (\d+)\n/.exec(text)?.[1] ?? 0) || undefined;
  });

test('parts run at the same time, and one that needs another starts when that has ended', async (t) => {
  const { add, end, notes } = await setUp(t);
  let begun = 0;
  const meet = async () => {
    begun += 1;
    await eventually('the other part begins too', () => begun === 2);
  };
  add('linking', async () => undefined, { after: ['packages', 'sources'] });
  add('packages', meet);
  add('sources', async () => {
    await meet();
    await sleep(50);
  });
  await end();
  t.deepEqual(notes, [
    'packages begins',
    'sources begins',
    'packages ends',
    'sources ends',
    'linking begins',
    'linking ends',
  ]);
});

test('one processor compiles one part at a time', async (t) => {
  const { add, end, notes } = await setUp(t, 1);
  const work = () => sleep(30);
  add('first', work, { compiles: true });
  add('second', work, { compiles: true });
  add('download', work);
  await end();
  t.deepEqual(notes.slice(0, 2), ['first begins', 'download begins']);
  t.true(notes.indexOf('second begins') > notes.indexOf('first ends'));
});

test('a part that fails stops the others with all that they started; what needs it does not start', async (t) => {
  const { add, end, notes, logs, output } = await setUp(t);
  let pid = 0;
  add('compiler', ({ signal, log }) =>
    run('sh', ['-c', NESTED], { signal, log, failure: 'The compiler fails' }),
  );
  add('download', async ({ log, signal }) => {
    pid = await nestedPid(join(logs, 'compiler.log'));
    const script = 'echo fetching; echo "error: no such host"; exit 3';
    await run('sh', ['-c', script], { signal, log, failure: 'The download fails' });
  });
  add('build', async () => undefined, { after: ['download'] });
  const error = await t.throwsAsync(end, { instanceOf: Problem });
  const log = join(logs, 'download.log');
  t.is(error?.message, `The download fails: error: no such host (full output: ${log})`);
  t.deepEqual(notes, ['compiler begins', 'download begins']);
  await eventually('what the compiler started has ended', () => !isRunning(pid));
  t.regex(output(), /✗ download \(\d+\.\d s\)/);
  t.regex(output(), /– compiler, stopped \(\d+\.\d s\)/);
  const text = await readFile(log, 'utf8');
  t.regex(text, /fetching/);
  t.notRegex(text, /pid/);
});

test('a part that may not stop halfway runs to its end after another has failed, and the next does not start', async (t) => {
  const { add, end, notes, output } = await setUp(t);
  add('apt', () => sleep(100), { finishes: true });
  add('download', async () => {
    throw new Problem('no network');
  });
  add('compiler', async () => undefined, { after: ['apt'] });
  await t.throwsAsync(end, { message: 'no network' });
  t.deepEqual(notes, ['apt begins', 'download begins', 'apt ends']);
  t.regex(output(), /Waiting for apt, which may not stop halfway/);
});

test('the output lists the plan with an estimate, then a line with its time for each part', async (t) => {
  const { add, end, output } = await setUp(t);
  add('packages', async ({ status, print }) => {
    status('unpacking');
    print('  a note');
  });
  add('compiler', async () => undefined, { after: ['packages'], seconds: 45 });
  await end();
  t.regex(
    output(),
    /^Set-up will:\n {2}- do packages\n {2}- do compiler\n\n.* about 60 s .*\n {2}a note\n {2}✓ packages \(\d+\.\d s\)\n {2}✓ compiler \(\d+\.\d s\)\n {2}The set-up took \d+ s\.\n$/,
  );
});

test('a run with nothing missing prints nothing', async (t) => {
  const { add, end, output } = await setUp(t);
  add('packages', async () => undefined);
  await end();
  const before = output();
  await end();
  t.is(output(), before);
});

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} stops every part with all that it started, and lets apt-get end`, async (t) => {
    const folder = await temporaryFolder(t);
    const lib = join(projectRoot(), 'scripts', 'lib');
    const script = `
      import { run } from '${lib}/command.mjs';
      import { runMain } from '${lib}/problem.mjs';
      import { runSteps } from '${lib}/steps.mjs';
      const step = (title, finishes, text) => ({
        title, finishes, seconds: 1, check: () => 'do ' + title,
        run: ({ signal, log }) =>
          run('sh', ['-c', text], { log, failure: 'none', ...(finishes ? {} : { signal }) }),
      });
      await runMain(() => runSteps([
        step('compiler', false, '${NESTED}'),
        step('apt', true, 'sleep 1; echo whole >${folder}/apt'),
      ], { logs: '${folder}' }));`;
    await writeFile(join(folder, 'script.mjs'), script);
    const child = spawn(process.execPath, [join(folder, 'script.mjs')], { stdio: 'pipe' });
    let stderr = '';
    child.stderr.on('data', (text) => (stderr += text));
    child.stdout.resume();
    const pid = await nestedPid(join(folder, 'compiler.log'));
    child.kill(signal);
    await once(child, 'close');
    t.is(child.exitCode, code);
    t.is(stderr.trim(), 'Stopped; the next run continues.');
    await eventually('what the compiler started has ended', () => !isRunning(pid));
    t.is(await readFile(join(folder, 'apt'), 'utf8'), 'whole\n');
  });
}
