import { createServer } from 'node:net';
import { FolderLock } from '../store/folder-lock.js';
import { type Check, failure, ok, type Verdict, warning } from './finding.js';

export interface ServiceAddress {
  dataFolder: string;
  http: { host: string; port: number };
}

/** The systemd unit of the program. */
export type Unit = 'siteglass-edge' | 'siteglass-relay';

const TIMEOUT_MS = 5_000;

/** The URL at which a server that listens on `host` is reached from this machine. */
export function localUrl({ host, port }: ServiceAddress['http']): string {
  const local = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return `http://${local.includes(':') ? `[${local}]` : local}:${port}`;
}

/** Whether the service runs and is ready. If it does not run, whether its port is free. */
export const serviceCheck = (unit: Unit, address: ServiceAddress): Check => ({
  about: 'service',
  run: () =>
    FolderLock.isHeld(address.dataFolder)
      ? readiness(address, `journalctl -u ${unit} -n 50`)
      : freePort(address, `sudo systemctl start ${unit}; journalctl -u ${unit} -n 50`),
});

async function readiness({ http }: ServiceAddress, showLog: string): Promise<Verdict> {
  if (http.port === 0) return ok('running, on a port that the system assigned');
  const url = localUrl(http);
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(`${url}/readyz`, { signal });
    const { reasons = [] } = (await response.json()) as { reasons?: string[] };
    if (response.ok) return ok(`running at ${url}`);
    return failure(`running, but not ready: ${reasons.join('; ')}`, showLog);
  } catch {
    return failure(
      `a process uses the data folder, but ${url} does not respond`,
      `Check that --config names the configuration of the service, then run: ${showLog}`,
    );
  }
}

async function freePort(
  { http: { host, port } }: ServiceAddress,
  startAndShowLog: string,
): Promise<Verdict> {
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
  if (!error) return warning('not running', startAndShowLog);
  return failure(
    `not running, and cannot listen on ${host}:${port} (${error.code})`,
    error.code === 'EADDRINUSE'
      ? `Stop the program that uses the port, or change http.port: sudo ss -ltnp 'sport = :${port}'`
      : 'Set http.host to an address of this machine: ip -brief address',
  );
}
