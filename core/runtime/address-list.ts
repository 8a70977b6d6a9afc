import { BlockList, isIP } from 'node:net';
import { withoutMapping } from './ipv4-mapped.js';

/** Whether an address is one of a list of addresses and networks, e.g. `10.0.0.7` or `fd00::/8`. */
export type IsListed = (address: string) => boolean;

/** An IPv4 address that is mapped into IPv6 counts as IPv4. */
export function addressList(entries: readonly string[]): IsListed {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', bits] = entry.split('/');
    const family = familyOf(address);
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => {
    const plain = withoutMapping(address);
    return isIP(plain) > 0 && list.check(plain, familyOf(plain));
  };
}

const familyOf = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');
