import { isIPv4, isIPv6 } from 'node:net';
import { withoutMapping } from './ipv4-mapped.js';

/**
 * Whom an address belongs to, as far as shares are concerned: an IPv4 address is one of its own; of IPv6, a /64 is what
 * one subscriber or one network gets (RFC 6177). An IPv4 address mapped into IPv6 counts as IPv4.
 */
export function addressGroup(address: string | undefined): string {
  if (!address) return 'unknown';
  const [plain = ''] = address.split('%');
  const mapped = withoutMapping(plain);
  if (isIPv4(mapped)) return mapped;
  if (!isIPv6(plain)) return 'unknown';
  // Loopback is one address, and no network of others.
  if (plain === '::1') return plain;
  return `${prefixOf(plain)}::/64`;
}

/** The first four groups, written without leading zeros. */
function prefixOf(address: string): string {
  const [head = '', tail] = address.split('::');
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  return [...before, ...Array<string>(zeros).fill('0'), ...after]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}

/** A dotted IPv4 address at the end stands for two groups, which are not among the first four in any valid use. */
const groupsOf = (part: string): string[] =>
  part === ''
    ? []
    : part.split(':').flatMap((group) => (group.includes('.') ? ['0', '0'] : [group]));
