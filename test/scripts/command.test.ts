import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { run } from '../../scripts/lib/command.mjs';
import { temporaryFolder } from '../support/temporary-folder.js';

const failure = 'It failed';
/** Far more than a stopped command takes, and far less than one that is not stopped. */
const SOON_MS = 20_000;

test('a command that does not finish is stopped, and the message says so', async (t) => {
  const log = join(await temporaryFolder(t), 'log');
  const began = Date.now();
  await t.throwsAsync(run('sleep', ['60'], { log, failure, timeoutMs: 500 }), {
    message: `It failed: not finished within 0.5 s (full output: ${log})`,
  });
  t.true(Date.now() - began < SOON_MS);
});

test('a command that ignores SIGTERM is stopped by SIGKILL', async (t) => {
  const log = join(await temporaryFolder(t), 'log');
  const began = Date.now();
  const program = "process.on('SIGTERM', () => {}); setTimeout(() => {}, 60_000)";
  const options = { log, failure, timeoutMs: 2_000, killSignal: 'SIGKILL' } as const;
  await t.throwsAsync(run(process.execPath, ['-e', program], options), {
    message: /not finished within 2 s/,
  });
  t.true(Date.now() - began < SOON_MS);
});

test('a command that fails before its deadline is named by its error', async (t) => {
  const log = join(await temporaryFolder(t), 'log');
  const command = 'echo an error: of old; exit 3';
  await t.throwsAsync(run('sh', ['-c', command], { log, failure, timeoutMs: 60_000 }), {
    message: `It failed: an error: of old (full output: ${log})`,
  });
});

test('a command that finishes before its deadline succeeds', async (t) => {
  const log = join(await temporaryFolder(t), 'log');
  await t.notThrowsAsync(run('echo', ['done'], { log, failure, timeoutMs: 60_000 }));
  t.regex(await readFile(log, 'utf8'), /done/);
});
