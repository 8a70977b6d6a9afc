import { createServer } from 'node:net';
import { FolderLock } from '../store/folder-lock.js';
import { type Check, failure, ok, type Verdict, warning } from './finding.js';

export interface ServiceAddress {
  dataFolder: string;
  http: { host: string; port: number };
}

const PATIENCE_MS = 5_000;

/** Where a server that listens on `host` is reached from this machine. */
export function localUrl({ host, port }: ServiceAddress['http']): string {
  const near = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return `http://${near.includes(':') ? `[${near}]` : near}:${port}`;
}

/** Whether the service runs, and then whether it can work; where it does not, whether it could listen. */
export const serviceCheck = (address: ServiceAddress): Check => ({
  about: 'service',
  run: () => (FolderLock.isHeld(address.dataFolder) ? readiness(address) : freePort(address)),
});

async function readiness({ http }: ServiceAddress): Promise<Verdict> {
  if (http.port === 0) return ok('it runs, on a port that it chose by itself');
  const url = localUrl(http);
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(`${url}/readyz`, { signal });
    const { reasons = [] } = (await response.json()) as { reasons?: string[] };
    if (response.ok) return ok(`it runs, and serves ${url}`);
    return failure(`it runs, and cannot work: ${reasons.join('; ')}`, 'Its log tells more.');
  } catch {
    return failure(
      `a process uses the data folder, and ${url} does not answer`,
      'Is it another configuration than the service’s (--config)? If not, its log tells more.',
    );
  }
}

async function freePort({ http: { host, port } }: ServiceAddress): Promise<Verdict> {
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
  if (!error)
    return warning('it does not run', 'systemctl start it; journalctl -u it tells why it ended.');
  return failure(
    `it does not run, and could not listen on ${host}:${port} (${error.code})`,
    error.code === 'EADDRINUSE'
      ? `Another program has the port (ss -ltnp sport = ${port}); end it, or set http.port.`
      : 'Set http.host to an address of this machine.',
  );
}
