import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';

test('without file descriptors for another worker the service stays, and restarts it once there are some', async (t) => {
  const owner = fileURLToPath(new URL('./descriptors-owner.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [owner], { timeout: 60_000 });
  t.is(stdout.trim(), 'ok unavailable ok');
});
