import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { withoutMapping } from '../../runtime/ipv4-mapped.js';

/** Addresses that belong to no receiver: this network, link-local (with metadata services of clouds), multicast, broadcast. */
const never = new BlockList();
never.addSubnet('0.0.0.0', 8);
never.addSubnet('169.254.0.0', 16);
never.addSubnet('224.0.0.0', 3);
// The metadata services of Alibaba Cloud and, over IPv6, of AWS and Google Cloud.
never.addAddress('100.100.100.200');
never.addAddress('fd00:ec2::254', 'ipv6');
never.addAddress('fd20:ce::254', 'ipv6');
never.addAddress('::', 'ipv6');
never.addSubnet('fe80::', 10, 'ipv6');
never.addSubnet('ff00::', 8, 'ipv6');

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

const NAT64 = /^64:ff9b::/i;

/** Why nothing is sent to an IP address; undefined if it may be. */
export function addressFault(address: string, allowOwnMachine: boolean): string | undefined {
  const ip = withoutMapping(address);
  const family = isIP(ip) === 6 ? 'ipv6' : 'ipv4';
  if (never.check(ip, family) || NAT64.test(ip))
    return `${ip} is a link-local, multicast or metadata address, to which nothing is sent`;
  if (!allowOwnMachine && loopback.check(ip, family))
    return `${ip} is this machine itself; set notifications.allowOwnMachine if that is meant`;
  return undefined;
}

/** Why nothing is sent to the host of an address, as far as it shows that; a name is checked when it is resolved. */
export function hostFault(hostname: string, allowOwnMachine: boolean): string | undefined {
  const host = hostname.replace(/^\[|\]$/g, '');
  return isIP(host) ? addressFault(host, allowOwnMachine) : undefined;
}

/**
 * Resolves a name for a connection and refuses forbidden addresses. What was checked is what is connected to, so that a
 * name whose address changes in between gains nothing.
 */
export const guardedLookup =
  (allowOwnMachine: boolean): LookupFunction =>
  (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '');
      const faults = addresses.map(({ address }) => addressFault(address, allowOwnMachine));
      const allowed = addresses.filter((_, i) => faults[i] === undefined);
      const [first] = allowed;
      if (!first) return callback(new Error(faults[0] ?? 'the name has no address'), '');
      if (options.all) return callback(null, allowed);
      callback(null, first.address, first.family);
    });
  };
