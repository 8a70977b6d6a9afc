import test from 'ava';
import type { Context } from 'koa';
import { refuseOtherOrigin, requireSameOrigin } from '../../../core/access/same-origin.js';

/** A request that changes something, by a browser that does not send `Sec-Fetch-Site`. */
const from = (origin: string, { secure = false, isSecure = false } = {}): Context =>
  ({
    method: 'POST',
    host: 'depot:8080',
    secure,
    state: { isSecure },
    get: (name: string) => (name === 'Origin' ? origin : ''),
  }) as unknown as Context;

test('a page of plain HTTP changes nothing over HTTPS, which anyone on the way can make', (t) => {
  for (const tls of [{ secure: true }, { isSecure: true }]) {
    t.notThrows(() => requireSameOrigin(from('https://depot:8080', tls)));
    for (const check of [requireSameOrigin, refuseOtherOrigin])
      t.throws(() => check(from('http://depot:8080', tls)), {
        message: /only from a page of the same host/,
      });
  }
});

test('a proxy may end TLS, and a program names no origin', (t) => {
  t.notThrows(() => requireSameOrigin(from('https://depot:8080')));
  t.notThrows(() => requireSameOrigin(from('http://depot:8080')));
  t.throws(() => requireSameOrigin(from('')));
  t.notThrows(() => refuseOtherOrigin(from('')));
  for (const origin of ['null', 'https://evil.example', 'http://depot:8081'])
    t.throws(() => refuseOtherOrigin(from(origin)), undefined, origin);
});
