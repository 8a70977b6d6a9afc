import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { issueForTest } from './certificates.js';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { temporaryFolder } from './temporary-folder.js';

export interface Pebble {
  directoryUrl: string;
  /** The authority of the directory's own certificate. */
  caFile: string;
  /** Where the authority asks for a challenge over HTTP. */
  httpPort: number;
  /** Writes and clears records of DNS, as an operator's hook does. */
  dnsHook: string;
}

/** Let's Encrypt's test authority. Every domain is this machine. */
export async function startPebble(t: ExecutionContext): Promise<Pebble> {
  const folder = await temporaryFolder(t);
  const [port, management, httpPort, dns, records] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const issued = await issueForTest();
  const file = (name: string) => join(folder, name);
  await writeFile(file('certificate.pem'), issued.certificate);
  await writeFile(file('key.pem'), issued.key);
  await writeFile(file('ca.pem'), issued.authority.certificate);
  const pebble = {
    ...{ listenAddress: `127.0.0.1:${port}`, managementListenAddress: `127.0.0.1:${management}` },
    ...{ certificate: file('certificate.pem'), privateKey: file('key.pem') },
    ...{ httpPort, tlsPort: httpPort },
  };
  await writeFile(file('config.json'), JSON.stringify({ pebble }));
  run(t, 'pebble-challtestsrv', [
    ...['-defaultIPv4', '127.0.0.1', '-defaultIPv6', '', '-dns01', `127.0.0.1:${dns}`],
    ...['-management', `127.0.0.1:${records}`, '-http01', '', '-https01', '', '-tlsalpn01', ''],
  ]);
  const arguments_ = ['-config', file('config.json'), '-dnsserver', `127.0.0.1:${dns}`];
  run(t, 'pebble', arguments_, { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0' });
  await eventually('pebble listens', () => isOpen(port));
  await eventually('its DNS listens', () => isOpen(records));
  await writeFile(file('hook'), hookScript(records));
  await chmod(file('hook'), 0o755);
  return {
    directoryUrl: `https://localhost:${port}/dir`,
    ...{ caFile: file('ca.pem'), httpPort, dnsHook: file('hook') },
  };
}

function run(
  t: ExecutionContext,
  program: string,
  args: string[],
  environment: Record<string, string> = {},
): ChildProcess {
  const child = spawn(program, args, { stdio: 'ignore', env: { ...process.env, ...environment } });
  const ended = once(child, 'close');
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return child;
}

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.once('error', () => resolve(false)).once('connect', () => socket.destroy());
  });

const hookScript = (port: number) => `#!/bin/sh
case $1 in
  present) body="{\\"host\\":\\"$2.\\",\\"value\\":\\"$3\\"}"; call=set-txt ;;
  cleanup) body="{\\"host\\":\\"$2.\\"}"; call=clear-txt ;;
esac
exec curl --silent --show-error --fail --data "$body" http://127.0.0.1:${port}/$call
`;
