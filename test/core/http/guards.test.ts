import test, { type ExecutionContext } from 'ava';
import type { AppOptions } from '../../../core/http/app.js';
import { limitRate } from '../../../core/http/guards.js';
import { route } from '../../../core/http/route.js';
import { addressGroup } from '../../../core/runtime/address-group.js';
import { serveRoute } from '../../support/route-server.js';

/** An application of one route that answers twice a minute. */
async function startLimited(t: ExecutionContext, options: Partial<AppOptions> = {}) {
  const hello = route({
    method: 'get',
    path: '/hello',
    tag: 'test',
    summary: 'Hello',
    access: 'anonymous',
    responses: { 200: { empty: 'Hello' } },
    before: [limitRate(2)],
    handle: () => 'hello',
  });
  return `http://127.0.0.1:${await serveRoute(t, hello, options)}/hello`;
}

const askAs = (url: string, forwardedFor: string) =>
  fetch(url, { headers: { 'X-Forwarded-For': forwardedFor } });

test('an address over its rate limit is told when to retry', async (t) => {
  const url = await startLimited(t);
  t.is((await fetch(url)).status, 200);
  t.is((await fetch(url)).status, 200);
  const refused = await fetch(url);
  t.is(refused.status, 429);
  const seconds = Number(refused.headers.get('Retry-After'));
  t.true(seconds >= 1 && seconds <= 60);
});

test('a rate limit cannot be evaded by claiming another address', async (t) => {
  const url = await startLimited(t);
  for (const address of ['10.0.0.1', '10.0.0.2']) await askAs(url, address);
  t.is((await askAs(url, '10.0.0.3')).status, 429);
});

test('behind a proxy each client has its own limit, by the address that the proxy saw', async (t) => {
  const url = await startLimited(t, { trustProxy: true });
  for (let i = 0; i < 2; i++) t.is((await askAs(url, `1.2.3.${i}, 10.0.0.1`)).status, 200);
  t.is((await askAs(url, '1.2.3.9, 10.0.0.1')).status, 429, 'what the client wrote counts nothing');
  t.is((await askAs(url, '10.0.0.2')).status, 200);
});

test('the addresses of one IPv6 network share a limit', (t) => {
  const same = ['2001:db8::1', '2001:db8::2:0:0:1', '2001:db8:0:0:ffff::', '2001:DB8::a'];
  t.is(new Set(same.map(addressGroup)).size, 1);
  const others = ['2001:db8:0:1::1', '2001:db8:1::1', '::1', 'fe80::1%eth0'];
  t.is(new Set([...same, ...others].map(addressGroup)).size, 1 + others.length);
  t.is(addressGroup('192.0.2.1'), addressGroup('::ffff:192.0.2.1'));
  t.not(addressGroup('192.0.2.1'), addressGroup('192.0.2.2'));
});
