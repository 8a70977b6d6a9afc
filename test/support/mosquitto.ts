import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { eventually, temporaryFolder } from './delivery-fixtures.js';
import { freePort } from './free-port.js';

/** As docs/operations.md advises for a relay's broker. */
export const MOSQUITTO_SETTINGS = `allow_anonymous true
max_inflight_messages 0
max_queued_messages 0
set_tcp_nodelay true
`;

export interface Mosquitto {
  url: string;
  process: ChildProcess;
}

/** A real Mosquitto on a free port, gone after the test. */
export async function startMosquitto(t: ExecutionContext): Promise<Mosquitto> {
  const port = await freePort();
  const configuration = join(await temporaryFolder(t), 'mosquitto.conf');
  await writeFile(configuration, `listener ${port} 127.0.0.1\n${MOSQUITTO_SETTINGS}`);
  const process = spawn('/usr/sbin/mosquitto', ['-c', configuration], { stdio: 'ignore' });
  t.teardown(() => process.kill('SIGKILL'));
  await eventually(() => accepts(port));
  return { url: `mqtt://127.0.0.1:${port}`, process };
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
