import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';

const PROGRAM = fileURLToPath(new URL('../../support/gone-client.js', import.meta.url));
const inNamespace = (script: string) => ['--user', '--map-root-user', '--net', 'sh', '-c', script];
const canRun = (command: string) =>
  spawnSync('unshare', inNamespace(`ip link set lo up && ${command}`)).status === 0;

/** IPv6 takes the address from an interface that is down, and then sends nothing. */
const CASES = [
  { listen: '127.0.0.1', client: '127.0.0.1', loss: 'ip link set lo down' },
  { listen: '::', client: '127.0.0.1', loss: 'ip link set lo down' },
  { listen: '::1', client: '::1', loss: 'ip6tables -A INPUT -j DROP' },
];
for (const { listen, client, loss } of CASES)
  (canRun(loss) ? test : test.skip)(
    `a stream of a client whose network is gone without a word ends (${client} at ${listen})`,
    async (t) => {
      t.timeout(120_000);
      const script = `ip link set lo up && exec "${process.execPath}" "${PROGRAM}" ${listen} ${client} ${loss}`;
      const { stdout } = await promisify(execFile)('unshare', inNamespace(script));
      const { whileThere, afterMs, open } = JSON.parse(stdout) as Record<string, number>;
      t.is(whileThere, 1, 'one that answers goes on');
      t.is(open, 0);
      t.true((afterMs ?? 0) < 30_000, `${afterMs} ms`);
    },
  );
