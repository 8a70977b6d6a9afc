import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { temporaryFolder } from './temporary-folder.js';

/** As docs/operations.md advises for a relay's broker. */
export const MOSQUITTO_SETTINGS = `allow_anonymous true
max_inflight_messages 0
max_queued_messages 0
set_tcp_nodelay true
`;

export const MOSQUITTO = '/usr/sbin/mosquitto';

/** Writes a configuration that listens on this loopback port alone, and returns its path. */
export function writeMosquittoConfiguration(
  folder: string,
  port: number,
  settings = MOSQUITTO_SETTINGS,
): string {
  const file = join(folder, 'mosquitto.conf');
  writeFileSync(file, `listener ${port} 127.0.0.1\n${settings}`);
  return file;
}

/** Resolves once a broker accepts connections on this loopback port. */
export const brokerListens = (port: number): Promise<true> =>
  eventually(`a broker accepts connections on port ${port}`, () => accepts(port));

export interface Mosquitto {
  url: string;
  process: ChildProcess;
}

/** A real Mosquitto on a free port, or on `at`. It is killed when the test ends. */
export async function startMosquitto(
  t: ExecutionContext,
  at?: number,
  settings?: string,
): Promise<Mosquitto> {
  const port = at ?? (await freePort());
  const file = writeMosquittoConfiguration(await temporaryFolder(t), port, settings);
  const process = spawn(MOSQUITTO, ['-c', file], { stdio: 'ignore' });
  t.teardown(() => process.kill('SIGKILL'));
  await brokerListens(port);
  return { url: `mqtt://127.0.0.1:${port}`, process };
}

export interface SecuredMosquitto extends Mosquitto {
  administrator: { username: string; password: string };
  /** Starts it again on the same port, with the accounts as they were. */
  restart(): Promise<void>;
}

/** One with the dynamic-security plugin. Its only account at first is the administrator's. */
export async function startSecuredMosquitto(t: ExecutionContext): Promise<SecuredMosquitto> {
  const accounts = join(await temporaryFolder(t), 'dynamic-security.json');
  const administrator = { username: 'admin', password: 'the administrator’s own' };
  execFileSync('mosquitto_ctrl', ['dynsec', 'init', accounts, administrator.username], {
    // It asks twice.
    input: `${administrator.password}\n${administrator.password}\n`,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Without a bound on messages under way, Mosquitto 2.0 ends an MQTT 5 connection after a refused message instead of
  // saying so, and the tests ask what it says.
  const settings = `allow_anonymous false
per_listener_settings false
user ${process.getuid?.() === 0 ? 'root' : 'mosquitto'}
plugin ${plugin()}
plugin_opt_config_file ${accounts}
`;
  const port = await freePort();
  const first = await startMosquitto(t, port, settings);
  return {
    ...first,
    administrator,
    async restart() {
      await startMosquitto(t, port, settings);
    },
  };
}

/** Debian keeps it in the architecture's folder. */
function plugin(): string {
  const name = 'mosquitto_dynamic_security.so';
  for (const folder of readdirSync('/usr/lib').filter((entry) => entry.endsWith('-linux-gnu')))
    if (readdirSync(join('/usr/lib', folder)).includes(name)) return join('/usr/lib', folder, name);
  throw new Error('Debian’s package mosquitto is not installed');
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
