import test from 'ava';
import { addressGroup } from '../../../core/runtime/address-group.js';

test('an IPv4 address is one of its own, also within IPv6', (t) => {
  t.is(addressGroup('192.0.2.7'), '192.0.2.7');
  t.is(addressGroup('::ffff:192.0.2.7'), '192.0.2.7');
  t.is(addressGroup('::FFFF:192.0.2.7'), '192.0.2.7');
  t.not(addressGroup('192.0.2.7'), addressGroup('192.0.2.8'));
});

test('the IPv6 addresses of one /64 are counted together, however they are written', (t) => {
  const group = '2001:db8:1:2::/64';
  for (const address of [
    '2001:db8:1:2::1',
    '2001:0db8:0001:0002:ffff:ffff:ffff:ffff',
    '2001:DB8:1:2:0:0:0:3',
    '2001:db8:1:2::192.0.2.1',
  ])
    t.is(addressGroup(address), group, address);
  t.is(addressGroup('2001:db8:1:3::1'), '2001:db8:1:3::/64');
  t.is(addressGroup('2001:db8::1'), '2001:db8:0:0::/64');
  t.is(addressGroup('fe80::1%eth0'), 'fe80:0:0:0::/64');
});

test('loopback is one address, and what has none is a group of its own', (t) => {
  t.is(addressGroup('::1'), '::1');
  t.is(addressGroup(undefined), 'unknown');
  t.is(addressGroup('/run/socket'), 'unknown');
});
