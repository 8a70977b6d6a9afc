import type { networkInterfaces } from 'node:os';
import test from 'ava';
import { subjectNames } from '../../../../core/http/tls/subject-names.js';

const card = (address: string) => ({
  ...{ address, netmask: '255.255.255.0', mac: '00:00:00:00:00:00', internal: false },
  ...{ family: 'IPv4' as const, cidr: null },
});

test('a certificate names the addresses of the network cards, without those of containers', (t) => {
  const cards = () => ({ eth0: [card('192.0.2.17')], docker0: [card('172.17.0.1')] });
  const { addresses } = subjectNames(['0.0.0.0'], ['depot.example'], cards);
  t.deepEqual(addresses, ['127.0.0.1', '::1', '192.0.2.17']);
});

test('where a unit denies the list of the network cards, there is a certificate without their addresses', (t) => {
  const denied: typeof networkInterfaces = () => {
    throw new Error('uv_interface_addresses returned Unknown system error 97');
  };
  const { names, addresses } = subjectNames(['192.0.2.17'], ['depot.example'], denied);
  t.true(names.includes('depot.example'));
  t.deepEqual(addresses, ['127.0.0.1', '::1', '192.0.2.17']);
});
