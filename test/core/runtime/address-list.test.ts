import test from 'ava';
import { addressList } from '../../../core/runtime/address-list.js';

test('a list has its addresses and networks, also in the forms in which sockets show them', (t) => {
  const isListed = addressList(['10.0.0.7', '192.0.2.0/24', 'fd00::/8']);
  for (const address of [
    '10.0.0.7',
    '::ffff:10.0.0.7',
    '::FFFF:192.0.2.9',
    '192.0.2.255',
    'fd12::1',
  ])
    t.true(isListed(address), address);
  for (const address of ['10.0.0.8', '::ffff:10.0.0.8', '192.0.3.1', 'fe80::1', '::1', '', 'proxy'])
    t.false(isListed(address), address);
  t.false(addressList([])('10.0.0.7'));
});
