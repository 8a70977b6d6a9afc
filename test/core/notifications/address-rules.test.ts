import { promises as dns, type LookupAddress } from 'node:dns';
import test from 'ava';
import {
  addressFault,
  guardedLookup,
  hostFault,
} from '../../../core/notifications/ways/address-rules.js';

test('nothing is sent to metadata services and link-local addresses, however they are written', (t) => {
  for (const address of [
    ...['169.254.169.254', '169.254.0.1', '0.0.0.0', '224.0.0.1', '255.255.255.255'],
    ...['100.100.100.200', 'fe80::1', 'fd00:ec2::254', 'ff02::1', '::'],
    ...['::ffff:169.254.169.254', '::ffff:a9fe:a9fe', '64:ff9b::a9fe:a9fe'],
  ])
    t.regex(addressFault(address, true) ?? '', /nothing is sent/, address);
  t.regex(hostFault('[::ffff:a9fe:a9fe]', true) ?? '', /nothing is sent/);
  // The forms that a URL takes for an address become the usual one.
  for (const host of ['2852039166', '0xa9fea9fe', '0251.0376.0251.0376'])
    t.regex(hostFault(new URL(`http://${host}/`).hostname, true) ?? '', /nothing is sent/, host);
});

test('the machine itself is a receiver only where that is allowed; networks of the site always are', (t) => {
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']) {
    t.is(addressFault(address, true), undefined);
    t.regex(addressFault(address, false) ?? '', /allowOwnMachine/);
  }
  for (const address of [
    '192.168.1.10',
    '10.0.0.1',
    '172.16.0.1',
    '8.8.8.8',
    '2001:db8::1',
    'fd12::1',
  ])
    t.is(addressFault(address, false), undefined);
});

test('a name that leads to a forbidden address is refused when it is resolved', async (t) => {
  const resolve = (isAllowed: boolean, all: boolean) =>
    new Promise<unknown>((resolve) =>
      guardedLookup(isAllowed)('localhost', { all }, (error, address) => resolve(error ?? address)),
    );
  const expected = await dns.lookup('localhost', { all: true });
  t.deepEqual(await resolve(true, true), expected);
  t.is(await resolve(true, false), (expected as LookupAddress[])[0]?.address);
  t.regex(String(await resolve(false, true)), /this machine itself/);
  t.regex(String(await resolve(false, false)), /this machine itself/);
});
