import { createHash } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { HttpCamera } from '../../../../edge/cameras/sources/http-camera.js';
import { type RawServer, rawServer } from '../../../fakes/raw-server.js';
import { httpConfig } from '../../support/cameras.js';

const PICTURE = Buffer.from('ffd8fffe0004abcdffda0003aa11ffd9', 'hex');
const auth = { username: 'viewer', password: 'secret' };
const patient = () => AbortSignal.timeout(30_000);
const md5 = (...parts: string[]) =>
  createHash('md5')
    .update(Buffer.from(parts.join(':'), 'latin1'))
    .digest('hex');

const reply = (status: string, headers: string[] = [], body: Buffer = Buffer.alloc(0)) => [
  `HTTP/1.1 ${[status, ...headers, `Content-Length: ${body.length}`, 'Connection: close'].join('\r\n')}\r\n\r\n`,
  body,
];
const challenge = (...lines: string[]) =>
  reply(
    '401 Unauthorized',
    lines.map((line) => `WWW-Authenticate: ${line}`),
  );

function cameraAt(t: ExecutionContext, { url }: RawServer, more: Record<string, unknown> = {}) {
  const camera = new HttpCamera(httpConfig(`${url}/snap`, { auth, ...more }), Date.now);
  t.teardown(() => camera.close());
  return camera;
}

const authorizationOf = (head: string) => /^authorization: (.*)$/im.exec(head)?.[1]?.trim() ?? '';
const field = (header: string, name: string) =>
  new RegExp(`\\b${name}=(?:"([^"]*)"|([^\\s,]+))`).exec(header)?.slice(1).find(Boolean) ?? '';
const isRight = (header: string, realm: string, password = 'secret') => {
  const [ha1, ha2] = [md5('viewer', realm, password), md5('GET', '/snap')];
  const nonce = field(header, 'nonce');
  const expected = header.includes('qop=')
    ? md5(ha1, nonce, field(header, 'nc'), field(header, 'cnonce'), 'auth', ha2)
    : md5(ha1, nonce, ha2);
  return field(header, 'response') === expected;
};

/** A camera whose nonces are good for two requests; `usedUp` is what it answers then. */
function withShortNonces(t: ExecutionContext, usedUp: string) {
  const uses = new Map<string, number>();
  return rawServer(t, (head) => {
    const header = authorizationOf(head);
    const nonce = field(header, 'nonce');
    const count = uses.get(nonce);
    if (count === undefined || header === '') {
      const next = `n${uses.size}`;
      uses.set(next, 0);
      return challenge(`Digest realm="cam", qop="auth", nonce="${next}"`);
    }
    if (count >= 2) return reply(usedUp);
    uses.set(nonce, count + 1);
    return isRight(header, 'cam') ? reply('200 OK', [], PICTURE) : reply('401 Unauthorized');
  });
}

for (const status of [
  '401 Unauthorized',
  '403 Forbidden',
  '400 Bad Request',
  '404 Not Found',
  '500 Oops',
  '503 Busy',
])
  test(`a used-up nonce that is refused with ${status} costs no snapshot`, async (t) => {
    const server = await withShortNonces(t, status);
    const camera = cameraAt(t, server);
    for (let i = 0; i < 7; i++) t.deepEqual((await camera.take(patient()))?.bytes, PICTURE);
  });

const CHALLENGES: Record<string, [realm: string, lines: string[]]> = {
  'an empty realm': ['', ['Digest realm="", nonce="n", algorithm="MD5", qop="auth"']],
  'no realm': ['', ['Digest nonce="n", qop="auth"']],
  'an empty realm without qop': ['', ['Digest realm="", nonce="n"']],
  'an empty qop': ['cam', ['Digest realm="cam", nonce="n", qop=""']],
  'qop in capitals': ['cam', ['Digest realm="cam", nonce="n", qop="AUTH"']],
  'auth beside auth-int': ['cam', ['Digest realm="cam", nonce="n", qop="auth-int,auth"']],
  'an empty algorithm': ['cam', ['Digest realm="cam", nonce="n", algorithm="", qop="auth"']],
  'no commas': ['cam', ['Digest realm="cam" nonce="n" algorithm=MD5 qop="auth"']],
  'an unknown algorithm beside MD5': [
    'cam',
    [
      'Digest realm="cam", nonce="n", algorithm=SHA-512-256, qop="auth"',
      'Digest realm="cam", nonce="n", qop="auth"',
    ],
  ],
  'a realm in Latin-1': ['K\xe4mera', ['Digest realm="K\xe4mera", nonce="n", qop="auth"']],
  'basic beside digest': ['cam', ['Basic realm="cam", Digest realm="cam", nonce="n", qop="auth"']],
};
for (const [name, [realm, lines]] of Object.entries(CHALLENGES))
  test(`a digest challenge is answered: ${name}`, async (t) => {
    const server = await rawServer(t, (head) =>
      isRight(authorizationOf(head), realm) ? reply('200 OK', [], PICTURE) : challenge(...lines),
    );
    const camera = cameraAt(t, server);
    for (let i = 0; i < 2; i++) t.deepEqual((await camera.take(patient()))?.bytes, PICTURE);
    for (const head of server.requests) t.notRegex(authorizationOf(head), /^Basic/);
  });

test('a challenge that cannot be answered is named as such, and not as a wrong password', async (t) => {
  const faults: [lines: string[], more: Record<string, unknown>, message: RegExp][] = [
    [['Digest realm="c", nonce="n", qop="auth-int"'], {}, /its qop is auth-int, and only auth/],
    [['Digest realm="c", nonce="n", algorithm=X-9'], {}, /its algorithm is X-9/],
    [['Digest realm="c", qop="auth"'], {}, /it has no nonce/],
    [['NTLM'], {}, /only digest and basic are supported/],
    [['Basic realm="c"'], { auth: { ...auth, scheme: 'digest' } }, /offers basic only/],
    [[], {}, /it sends no challenge/],
    [
      ['Digest realm="c", nonce="n"'],
      { auth: undefined },
      /asks for a user name and password; set auth/,
    ],
  ];
  for (const [lines, more, message] of faults) {
    const server = await rawServer(t, () => challenge(...lines));
    const error = await t.throwsAsync(cameraAt(t, server, more).take(patient()));
    t.regex(error.message, message);
    t.notRegex(error.message, /rejected/);
    t.is(server.requests.length, 1);
  }
});

test('after five refusals nothing is sent, until an operator asks', async (t) => {
  let nonce = 0;
  let password = 'other';
  const server = await rawServer(t, (head) =>
    isRight(authorizationOf(head), 'cam', password)
      ? reply('200 OK', [], PICTURE)
      : challenge(`Digest realm="cam", qop="auth", nonce="n${nonce++}"`),
  );
  const camera = cameraAt(t, server, { retries: 2 });
  const answers = () => server.requests.filter((head) => authorizationOf(head) !== '').length;
  for (let run = 1; run <= 5; run++) {
    const error = await t.throwsAsync(camera.take(patient()));
    t.is(error.message, 'the camera rejected the user name or password (HTTP 401)');
    t.is(answers(), run, 'one answer in a run');
  }
  const { length } = server.requests;
  for (let run = 0; run < 3; run++)
    t.regex(
      (await t.throwsAsync(camera.take(patient()))).message,
      /rejected .* 5 times and is not asked again/,
    );
  t.is(server.requests.length, length);
  camera.retryLogin();
  await t.throwsAsync(camera.take(patient()), { message: /HTTP 401/ });
  await t.throwsAsync(camera.take(patient()), { message: /not asked again/ });
  t.is(answers(), 6);
  password = 'secret';
  camera.retryLogin();
  t.deepEqual((await camera.take(patient()))?.bytes, PICTURE);
  t.deepEqual((await camera.take(patient()))?.bytes, PICTURE);
});

test('a camera that answers the right password with an error of its own is not locked out', async (t) => {
  const server = await rawServer(t, (head) =>
    authorizationOf(head) ? reply('404 Not Found') : challenge('Digest realm="c", nonce="n"'),
  );
  const camera = cameraAt(t, server);
  for (let run = 0; run < 7; run++)
    t.is(
      (await t.throwsAsync(camera.take(patient()))).message,
      'the camera responded with HTTP 404',
    );
});

test('a camera that calls each nonce stale is not asked without end', async (t) => {
  let nonce = 0;
  const server = await rawServer(t, () =>
    challenge(`Digest realm="c", nonce="n${nonce++}", stale=true, qop="auth"`),
  );
  await t.throwsAsync(cameraAt(t, server).take(patient()), { message: /rejected/ });
  t.true(server.requests.length <= 4);
});

test('credentials go to the configured origin alone; another port of the host gets none', async (t) => {
  const other = await rawServer(t, () => reply('200 OK', [], PICTURE));
  const server = await rawServer(t, (head) =>
    authorizationOf(head)
      ? reply('302 Found', [`Location: ${other.url}/a picture`])
      : challenge('Digest realm="c", nonce="n", qop="auth"'),
  );
  t.deepEqual((await cameraAt(t, server).take(patient()))?.bytes, PICTURE);
  t.regex(other.requests[0] ?? '', /^GET \/a%20picture HTTP/);
  t.is(authorizationOf(other.requests[0] ?? ''), '');
});
