import test from 'ava';
import { parseBrokerUrl } from '../../../core/messaging/broker-url.js';

test('a broker URL may contain credentials, which its label for logs omits', (t) => {
  const address = parseBrokerUrl('mqtts://north:s%3Acret@broker.example');
  t.like(address, {
    protocol: 'mqtts',
    host: 'broker.example',
    port: 8883,
    username: 'north',
    password: 's:cret',
    label: 'mqtts://broker.example:8883',
  });
  t.is(parseBrokerUrl('mqtt://[::1]:1884').host, '::1');
});

test("a URL that is not a broker's is refused without quoting it", (t) => {
  for (const url of ['http://user:hunter2@host', 'mqtt://', 'hunter2 somewhere']) {
    const error = t.throws(() => parseBrokerUrl(url), { name: 'StartError' });
    t.false(error?.message.includes('hunter2'));
  }
});
