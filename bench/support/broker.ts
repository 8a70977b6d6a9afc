import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '../../test/support/free-port.js';
import {
  brokerListens,
  MOSQUITTO,
  writeMosquittoConfiguration,
} from '../../test/support/mosquitto.js';
import { temporaryFolder } from '../../test/support/temporary-folder.js';

export interface Broker {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

/** Mosquitto on a free loopback port, set up as docs/operations.md advises. */
export async function startMosquitto(): Promise<Broker> {
  const port = await freePort();
  const file = writeMosquittoConfiguration(await temporaryFolder(), port);
  const child = spawn(MOSQUITTO, ['-c', file], { stdio: 'ignore' });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  await brokerListens(port);
  return {
    url: `mqtt://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    async stop() {
      process.off('exit', kill);
      await ended(child);
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}
