import { createHash } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { httpCameraSchema } from '../../../../edge/cameras/camera-config.js';
import { CameraClient } from '../../../../edge/cameras/http/camera-client.js';
import { expectSuccess } from '../../../../edge/cameras/http/http-error.js';
import { type RawAnswer, rawServer } from '../../../fakes/raw-server.js';

const answer = (status: number, headers: string[] = []): RawAnswer => [
  `HTTP/1.1 ${status} Fake\r\nContent-Length: 0\r\nConnection: close\r\n`,
  ...headers.map((line) => `${line}\r\n`),
  '\r\n',
];

const challenge = (text: string) => answer(401, [`WWW-Authenticate: ${text}`]);

function clientAt(t: ExecutionContext, url: string): CameraClient {
  const auth = { username: 'viewer', password: 'secret' };
  const client = new CameraClient(httpCameraSchema.parse({ id: 'a', kind: 'http', url, auth }));
  t.teardown(() => client.close());
  return client;
}

const get = (client: CameraClient) =>
  client.get({}, AbortSignal.timeout(5_000), async (response) => expectSuccess(response));

const authorizationOf = (head: string) => /^authorization: (.*)$/im.exec(head)?.[1]?.trim();

/** A camera whose nonce is good for two requests; then it refuses in its own way, until it is asked without one. */
async function forgetfulCamera(t: ExecutionContext, refusal: RawAnswer) {
  let nonce = 0;
  let uses = 0;
  return rawServer(t, (head) => {
    const sent = authorizationOf(head);
    if (!sent) {
      uses = 0;
      return challenge(`Digest realm="cam", nonce="n${++nonce}", qop="auth"`);
    }
    return sent.includes(`"n${nonce}"`) && ++uses <= 2 ? answer(200) : refusal;
  });
}

for (const status of [400, 403, 404, 500, 503])
  test(`a camera that refuses a used-up nonce with ${status} is asked again without it, in the same run`, async (t) => {
    const camera = await forgetfulCamera(t, answer(status));
    const client = clientAt(t, camera.url);
    for (let run = 0; run < 7; run++) await t.notThrowsAsync(get(client), `run ${run}`);
  });

test('a used-up nonce that is refused with a new challenge is replaced', async (t) => {
  const camera = await forgetfulCamera(t, challenge('Digest realm="cam", nonce="n9", qop="auth"'));
  const client = clientAt(t, camera.url);
  await get(client);
  await get(client);
  // The new nonce is one that this camera does not know: the request is given up after its bound.
  await t.throwsAsync(get(client), { code: 'bad_status' });
  t.true(camera.requests.length <= 7);
});

const CHALLENGES = [
  'Digest realm="", nonce="n", algorithm="MD5", qop="auth"',
  'Digest nonce="n", qop="auth"',
  'Digest realm="cam", nonce="n", qop=""',
  'Digest realm="cam", nonce="n", qop="AUTH"',
  'Digest realm="cam", nonce="n", qop="auth", algorithm=""',
  'Digest realm="cam", nonce="n", qop="auth-int,auth"',
  'DIGEST realm="cam" , nonce="n"',
  'Digest realm="Digest cam", nonce="n", opaque=""',
];

for (const text of CHALLENGES)
  test(`a legal challenge is answered: ${text}`, async (t) => {
    const camera = await rawServer(t, (head) =>
      authorizationOf(head)?.startsWith('Digest ') ? answer(200) : challenge(text),
    );
    await t.notThrowsAsync(get(clientAt(t, camera.url)));
    t.is(camera.requests.length, 2);
  });

for (const encoding of ['latin1', 'utf8'] as const)
  test(`a realm in ${encoding} is answered by the bytes that the camera sent`, async (t) => {
    const realm = Buffer.from('Kämera', encoding);
    const md5 = (...parts: (string | Buffer)[]) =>
      createHash('md5')
        .update(Buffer.concat(parts.map((part) => Buffer.from(part))))
        .digest('hex');
    const expected = md5(md5('viewer:', realm, ':secret'), ':n:', md5('GET:/'));
    const camera = await rawServer(t, (head) => {
      const sent = authorizationOf(head);
      if (!sent) return challenge(`Digest realm="${realm.toString('latin1')}", nonce="n"`);
      const isRight =
        sent.includes(`response="${expected}"`) &&
        sent.includes(`realm="${realm.toString('latin1')}"`);
      return answer(isRight ? 200 : 418);
    });
    await t.notThrowsAsync(get(clientAt(t, camera.url)));
  });

test('a challenge that cannot be answered is named, and is not called a wrong password', async (t) => {
  const camera = await rawServer(t, () => challenge('Digest realm="c", nonce="n", qop="auth-int"'));
  const error = await t.throwsAsync(get(clientAt(t, camera.url)));
  t.regex(
    error.message,
    /its challenge cannot be answered: its qop is auth-int, and only auth is supported/,
  );
});

test('a wrong password is sent once a run, and no more after five runs, so that no account is locked', async (t) => {
  let wrong = 0;
  const camera = await rawServer(t, (head) => {
    if (authorizationOf(head)) wrong++;
    return challenge('Digest realm="cam", nonce="n", qop="auth"');
  });
  const client = clientAt(t, camera.url);
  for (let run = 0; run < 5; run++) {
    await t.throwsAsync(get(client), { message: /rejected the user name or password/ });
    t.is(wrong, run + 1);
  }
  const asked = camera.requests.length;
  const error = await t.throwsAsync(get(client));
  t.regex(error.message, /rejected the user name or password 5 times and is not asked again/);
  t.is(camera.requests.length, asked);
});
