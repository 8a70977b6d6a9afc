import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { eventually } from '../../../support/eventually.js';

/** Whether a process still does anything; one that only waits to be collected does not. */
function runs(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test('kill -9 of the service leaves no worker behind', async (t) => {
  const owner = spawn(
    process.execPath,
    [fileURLToPath(new URL('./pool-owner.js', import.meta.url))],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.teardown(() => owner.kill('SIGKILL'));
  const [line] = (await once(owner.stdout, 'data')) as [Buffer];
  const worker = Number(line.toString());
  t.true(runs(worker));
  owner.kill('SIGKILL');
  await eventually('the worker ended', () => !runs(worker));
  t.false(runs(worker));
});
