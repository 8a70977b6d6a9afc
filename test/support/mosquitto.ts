import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
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
export const startMosquitto = (t: ExecutionContext): Promise<Mosquitto> =>
  start(t, MOSQUITTO_SETTINGS);

export interface SecuredMosquitto extends Mosquitto {
  administrator: { username: string; password: string };
  /** Starts it again where it ended, with the accounts as they were. */
  restart(): Promise<void>;
}

/** One with the dynamic-security plugin, which knows its administrator and nobody else. */
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
  const first = await start(t, settings, port);
  return {
    ...first,
    administrator,
    async restart() {
      await start(t, settings, port);
    },
  };
}

async function start(t: ExecutionContext, settings: string, at?: number): Promise<Mosquitto> {
  const port = at ?? (await freePort());
  const configuration = join(await temporaryFolder(t), 'mosquitto.conf');
  await writeFile(configuration, `listener ${port} 127.0.0.1\n${settings}`);
  const process = spawn('/usr/sbin/mosquitto', ['-c', configuration], { stdio: 'ignore' });
  t.teardown(() => process.kill('SIGKILL'));
  await eventually(() => accepts(port));
  return { url: `mqtt://127.0.0.1:${port}`, process };
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
