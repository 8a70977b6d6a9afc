import test from 'ava';
import { addressGroup } from '../../../core/runtime/address-group.js';
import { addressList } from '../../../core/runtime/address-list.js';
import { withoutMapping } from '../../../core/runtime/ipv4-mapped.js';
import { isThisMachine } from '../../../core/runtime/tls/local-peer.js';

test('an IPv4 address that is mapped into IPv6 is the same address, however it is written', (t) => {
  for (const mapped of [
    '::ffff:127.0.0.1',
    '::FFFF:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:7F00:0001',
  ]) {
    t.is(withoutMapping(mapped), '127.0.0.1', mapped);
    t.is(addressGroup(mapped), '127.0.0.1', mapped);
    t.true(addressList(['127.0.0.0/8'])(mapped), mapped);
    t.true(isThisMachine({ remoteAddress: mapped, localAddress: '192.0.2.7' }), mapped);
  }
  for (const other of ['::1', '192.0.2.7', '2001:db8::7f00:1', '::ffff:127.0.0.1:80', ''])
    t.is(withoutMapping(other), other);
  t.false(isThisMachine({ remoteAddress: '::ffff:c000:207', localAddress: '192.0.2.9' }));
});
