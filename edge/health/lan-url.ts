import { networkInterfaces } from 'node:os';
import { isLoopbackHost } from '../../core/runtime/tls/local-peer.js';

/** A server's URL for other machines on the LAN; the first address of a network interface if it listens on all. */
export function lanUrl(
  { host, port }: { host: string; port: number },
  wanted: 'http' | 'https' = 'http',
): string {
  const everywhere = host === '0.0.0.0' || host === '::';
  const address = everywhere ? (firstAddress() ?? '127.0.0.1') : host;
  // This machine's own address is served without TLS, too.
  const scheme = isLoopbackHost(address) ? 'http' : wanted;
  return `${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

function firstAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
}
