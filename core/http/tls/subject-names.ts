import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';

/** What clients may call a server by. */
export interface SubjectNames {
  /** Of the host, for people. */
  host: string;
  names: string[];
  addresses: string[];
}

/** Interfaces of containers and virtual machines on this machine: no client on the LAN uses their addresses. */
const VIRTUAL = /^(docker|veth|br-|virbr|cni|flannel|podman|lxc)/;
/** IFA_F_TEMPORARY (linux/if_addr.h): an address for outgoing connections, which changes every day. */
const TEMPORARY = 0x01;
const MAX_ADDRESSES = 32;
const HOST_NAME = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i;

/**
 * The names and addresses of this machine, and those that the operator added. `listen` is the address of the server,
 * `others` are names and addresses, e.g. of the configured URL.
 */
export function subjectNames(
  listen: string[],
  others: readonly string[],
  interfaces = networkInterfaces,
): SubjectNames {
  const host = hostname();
  const label = host.split('.')[0] ?? '';
  const found = [
    ...(HOST_NAME.test(label) ? [host, label, `${label}.local`] : []),
    'localhost',
    ...['127.0.0.1', '::1'],
    ...listen.filter((address) => !['0.0.0.0', '::'].includes(address)),
    ...others,
    ...addressesOfInterfaces(interfaces),
  ].map((name) => name.toLowerCase());
  const unique = [...new Set(found)];
  return {
    host: HOST_NAME.test(label) ? host : 'siteglass',
    names: unique.filter((name) => isIP(name) === 0),
    addresses: unique.filter((name) => isIP(name) > 0).slice(0, MAX_ADDRESSES),
  };
}

function addressesOfInterfaces(interfaces: typeof networkInterfaces): string[] {
  const temporary = temporaryAddresses();
  return Object.entries(cardsOf(interfaces))
    .filter(([name]) => !VIRTUAL.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .filter(({ internal, address, family, scopeid }) => {
      const isLinkLocal = family === 'IPv6' && scopeid !== 0;
      return !internal && !isLinkLocal && !temporary.has(address);
    })
    .map(({ address }) => address);
}

/** None where a unit or a container's runtime denies the list: a certificate without these addresses is better than none. */
function cardsOf(interfaces: typeof networkInterfaces): ReturnType<typeof networkInterfaces> {
  try {
    return interfaces();
  } catch {
    return {};
  }
}

/** Temporary IPv6 addresses (RFC 8981), as Node.js writes them. */
function temporaryAddresses(): Set<string> {
  let table: string;
  try {
    table = readFileSync('/proc/self/net/if_inet6', 'utf8');
  } catch {
    return new Set();
  }
  const found = table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , , flags = '0']) => (Number.parseInt(flags, 16) & TEMPORARY) !== 0)
    .flatMap(([digits = '']) => digits.match(/.{4}/g)?.join(':') ?? [])
    .map((text) => new URL(`http://[${text}]`).hostname.slice(1, -1));
  return new Set(found);
}
