import test from 'ava';
import { proxyFor } from '../../../../core/detection/models/proxy.js';

const url = new URL('https://files.example.org/a.onnx');
const HTTPS_PROXY = 'http://proxy:3128';

test('the proxy of the protocol is used, however its variable is written', (t) => {
  t.is(proxyFor(url, { HTTPS_PROXY })?.href, 'http://proxy:3128/');
  t.is(proxyFor(url, { https_proxy: 'proxy:3128' })?.href, 'http://proxy:3128/');
  t.is(proxyFor(url, { HTTP_PROXY: HTTPS_PROXY }), undefined);
  t.is(proxyFor(new URL('http://h/'), { HTTP_PROXY: HTTPS_PROXY })?.host, 'proxy:3128');
  t.is(proxyFor(url, {}), undefined);
  t.is(proxyFor(url, { HTTPS_PROXY: '' }), undefined);
});

for (const [list, isExempt] of [
  ['files.example.org', true],
  ['example.org', true],
  ['.example.org', true],
  ['*.example.org', true],
  ['localhost, EXAMPLE.org', true],
  ['example.org:443', true],
  ['*', true],
  ['example.org:8443', false],
  ['ample.org', false],
  ['example.org.evil.test', false],
  ['', false],
] as const)
  test(`NO_PROXY "${list}" ${isExempt ? 'names' : 'does not name'} the host`, (t) => {
    t.is(proxyFor(url, { HTTPS_PROXY, NO_PROXY: list }) === undefined, isExempt);
  });

test('NO_PROXY names an IPv6 address with or without brackets and port', (t) => {
  const local = new URL('https://[fd00::1]:8443/a.onnx');
  for (const list of ['fd00::1', '[fd00::1]', '[fd00::1]:8443'])
    t.is(proxyFor(local, { HTTPS_PROXY, NO_PROXY: list }), undefined, list);
  t.truthy(proxyFor(local, { HTTPS_PROXY, NO_PROXY: '[fd00::1]:443' }));
});
