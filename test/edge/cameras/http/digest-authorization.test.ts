import test from 'ava';
import { parseChallenges } from '../../../../edge/cameras/http/challenges.js';
import {
  bestDigest,
  digestAuthorization,
} from '../../../../edge/cameras/http/digest-authorization.js';

/** The challenges and the client of RFC 7616, section 3.9.1. */
const HEADERS = ['SHA-256', 'MD5'].map(
  (algorithm) =>
    `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`,
);
const MUFASA = {
  method: 'GET',
  uri: '/dir/index.html',
  username: 'Mufasa',
  password: 'Circle of Life',
  count: 1,
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
};

function answer(headers: string[], request: Partial<typeof MUFASA> = {}): string {
  const challenge = bestDigest(parseChallenges(headers));
  return challenge ? digestAuthorization(challenge, { ...MUFASA, ...request }) : 'no answer';
}

test("the RFC's example with MD5", (t) => {
  t.is(
    answer(HEADERS.slice(1)),
    'Digest username="Mufasa", realm="http-auth@example.org", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", uri="/dir/index.html", algorithm=MD5, response="8ca523f5e9506fed4657c9700eebdbec", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", qop=auth, nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"',
  );
});

test("the RFC's example with SHA-256, which is preferred in any order", (t) => {
  const response = /response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"/;
  t.regex(answer(HEADERS), response);
  t.regex(answer(HEADERS.toReversed()), response);
});

test('the example of RFC 2617, whose server names no algorithm', (t) => {
  const header =
    'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"';
  const given = answer([header], { password: 'Circle Of Life', cnonce: '0a4f113b' });
  t.regex(given, /response="6629fae49393a05397450978507c4ef1"/);
  t.notRegex(given, /algorithm/);
});

test('an old server without qop is answered as in RFC 2069', (t) => {
  const header = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"';
  const given = answer([header], { password: 'Circle Of Life' });
  t.regex(given, /response="670fd8c2df070c60b045671b8b24ff02"$/);
  t.notRegex(given, /cnonce|nc=|qop/);
});

test('each further use of a nonce is counted', (t) => {
  t.regex(answer(HEADERS, { count: 255 }), /nc=000000ff/);
});

test('an unknown algorithm, or a digest of the body, is not answered', (t) => {
  t.is(answer(['Digest realm="r", nonce="n", algorithm=SHA3-256']), 'no answer');
  t.is(answer(['Digest realm="r", nonce="n", qop="auth-int"']), 'no answer');
  t.is(answer(['Digest realm="r"']), 'no answer');
});

test('quotes and non-ASCII characters in names are escaped', (t) => {
  t.regex(answer(HEADERS, { username: 'a"b\\c' }), /username="a\\"b\\\\c",/);
  t.regex(answer(HEADERS, { username: 'Jäsøn' }), /username\*=UTF-8''J%C3%A4s%C3%B8n,/);
});

test('one header may contain several challenges, and malformed ones are skipped', (t) => {
  t.deepEqual(
    parseChallenges(['Basic realm="a, \\"b\\"", Digest realm=r,nonce="n,=" , ,stale=TRUE']),
    [
      { scheme: 'basic', parameters: { realm: 'a, "b"' } },
      { scheme: 'digest', parameters: { realm: 'r', nonce: 'n,=', stale: 'TRUE' } },
    ].map(({ scheme, parameters }) => ({
      scheme,
      parameters: Object.assign(Object.create(null), parameters),
    })),
  );
  t.deepEqual(parseChallenges(['', '"""', '=,=,', 'x'.repeat(9000)]), []);
});
