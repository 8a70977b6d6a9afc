import { readFile } from 'node:fs/promises';
import { isIPv4, type Socket } from 'node:net';
import { withoutMapping } from '../runtime/ipv4-mapped.js';

/** Where Linux lists its TCP connections, those of this process's network namespace (proc_net_tcp in the kernel's documentation). */
const TABLES = ['/proc/self/net/tcp', '/proc/self/net/tcp6'];
const ESTABLISHED = '01';

/** A connection by its ports and the address at its other end. */
const keyOf = (local: number, remote: number, address: string): string =>
  `${local} ${remote} ${address}`;

/**
 * The connections whose other end has acknowledged nothing although the system has sent the same bytes `least` times
 * again. It gives up only after a quarter of an hour, and Node.js cannot set that time. None where the tables are missing.
 */
export async function unansweredPeers(least: number): Promise<(socket: Socket) => boolean> {
  const texts = await Promise.all(TABLES.map((table) => readFile(table, 'ascii').catch(() => '')));
  const found = new Set(
    texts.flatMap((text) => text.split('\n').slice(1)).flatMap((line) => keyIn(line, least)),
  );
  return ({ localPort = 0, remotePort = 0, remoteAddress = '' }) =>
    found.size > 0 && found.has(keyOf(localPort, remotePort, hexOf(remoteAddress)));
}

/** `sl local remote st tx:rx tr:when retransmissions …`, numbers in hexadecimal. */
function keyIn(line: string, least: number): string[] {
  const [, local = '', remote = '', state, , , retransmissions = '0'] = line.trim().split(/\s+/);
  if (state !== ESTABLISHED || Number.parseInt(retransmissions, 16) < least) return [];
  const [, localPort = ''] = local.split(':');
  const [address = '', remotePort = ''] = remote.split(':');
  return [
    keyOf(Number.parseInt(localPort, 16), Number.parseInt(remotePort, 16), withoutPrefix(address)),
  ];
}

/** Of a mapped IPv4 address, the last four bytes. */
const MAPPED = '0000000000000000FFFF0000';
const withoutPrefix = (hex: string): string =>
  hex.startsWith(MAPPED) ? hex.slice(MAPPED.length) : hex;

/** As the tables have it: words of four bytes, each with its last byte first. */
function hexOf(address: string): string {
  const bytes = bytesOf(withoutMapping(address.split('%')[0] ?? ''));
  for (let at = 0; at < bytes.length; at += 4) bytes.subarray(at, at + 4).reverse();
  return bytes.toString('hex').toUpperCase();
}

function bytesOf(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const [before = [], after = []] = address
    .split('::')
    .map((part) => part.split(':').filter(Boolean));
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0');
  const groups = [...before, ...zeros, ...after].map((group) => group.padStart(4, '0'));
  return Buffer.from(groups.join(''), 'hex');
}
