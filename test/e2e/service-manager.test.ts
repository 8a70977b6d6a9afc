import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { childrenOf, type ProgramName, runProgram, urlOf } from '../support/program.js';
import { startServiceManager } from '../support/service-manager.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const WATCHDOG_MS = 1_500;
const BLOCKING = new URL('../support/block-on-signal.js', import.meta.url).href;

const settings = async (name: ProgramName) => [
  `--set=dataFolder=${await temporaryFolder()}`,
  '--set=http.port=0',
  '--set=detection.workers=1',
  ...(name === 'cloud-relay' ? ['--set=mqtt.embedded.port=0'] : []),
];

for (const name of ['edge', 'cloud-relay'] as const)
  test(`${name} notifies ready once a worker has answered, then keepalives, then stopping`, async (t) => {
    const manager = await startServiceManager(t, WATCHDOG_MS);
    const program = runProgram(t, name, await settings(name), manager.environment);
    await manager.told(({ READY }) => READY === '1');
    t.is((await childrenOf(program.child.pid ?? 0)).length >= 1, true, 'with a worker');
    const { status } = await fetch(`${await urlOf(program)}/readyz`);
    t.is(status, 200);
    await manager.told(({ WATCHDOG }) => WATCHDOG === '1');
    t.is(await program.end('SIGTERM'), 0);
    t.is(manager.notices.filter(({ READY }) => READY).length, 1);
    t.is(manager.notices.at(-1)?.STOPPING, '1');
    t.true(manager.notices.every(({ STATUS = '' }) => !STATUS.startsWith('Faulty')));
  });

test('a program that cannot start never notifies ready', async (t) => {
  const manager = await startServiceManager(t, WATCHDOG_MS);
  const args = [...(await settings('edge')), '--set=http.host=192.0.2.1'];
  t.is(await runProgram(t, 'edge', args, manager.environment).ended, 1);
  t.deepEqual(manager.notices, []);
});

test('a program whose event loop is blocked sends no keepalive', async (t) => {
  const manager = await startServiceManager(t, WATCHDOG_MS);
  const environment = { ...manager.environment, NODE_OPTIONS: `--import=${BLOCKING}` };
  const program = runProgram(t, 'edge', await settings('edge'), environment);
  await manager.told(({ WATCHDOG }) => WATCHDOG === '1');
  program.child.kill('SIGUSR2');
  // What was on its way when it was blocked.
  await delay(WATCHDOG_MS);
  const before = manager.notices.length;
  await delay(2 * WATCHDOG_MS);
  t.is(manager.notices.length, before);
  t.is(program.child.exitCode, null, 'it has not ended by itself');
});
