import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { CameraSockets } from '../../../../edge/cameras/http/camera-sockets.js';
import { lenientGet } from '../../../../edge/cameras/http/lenient-request.js';
import { readPicture } from '../../../../edge/cameras/http/read-picture.js';
import { head, httpFaults, TYPE } from '../../../fakes/http-faults.js';
import { type RawAnswer, rawServer } from '../../../fakes/raw-server.js';

/** Bytes with the markers of a JPEG; what lies between them is random, and none of it is decoded here. */
const PICTURE = Buffer.concat([
  Buffer.from('ffd8ffe000104a46494600010100000100010000ffda0008010100003f00', 'hex'),
  Buffer.from(Array.from({ length: 30_000 }, (_, i) => (i * 7919) % 255)),
  Buffer.from('ffd9', 'hex'),
]);
const { length } = PICTURE;
const whole = `Content-Length: ${length}`;

async function get(t: ExecutionContext, url: string, timeoutMs = 5_000): Promise<Buffer> {
  const address = new URL(url);
  const sockets = new CameraSockets(address);
  t.teardown(() => sockets.close());
  const request = { target: '/snap', headers: { Host: address.host } };
  const response = await lenientGet(sockets, request, AbortSignal.timeout(timeoutMs));
  try {
    t.is(response.status, 200);
    return await readPicture(response.body, 1_000_000);
  } finally {
    response.close();
  }
}

for (const [fault, answer] of Object.entries(httpFaults(PICTURE)))
  test(`a picture arrives whole: ${fault}`, async (t) => {
    const { url } = await rawServer(t, () => answer);
    const bytes = await get(t, url);
    t.true(bytes.subarray(0, length).equals(PICTURE), `${bytes.length} bytes of ${length}`);
  });

test('a head without an end is given up at its bound, and the error names the fault', async (t) => {
  const { url } = await rawServer(t, () => [
    'HTTP/1.1 200 OK\r\n',
    `X: ${'y'.repeat(70_000)}`,
    'hang',
  ]);
  const error = await t.throwsAsync(get(t, url));
  t.is(error.message, 'its HTTP is faulty: its headers have no end within 64 KiB');
});

test('a connection that ends within the head, or at once, is an error that says so', async (t) => {
  const within = await rawServer(t, () => ['HTTP/1.1 200 OK\r\nServer: x']);
  t.regex((await t.throwsAsync(get(t, within.url))).message, /ended within the headers/);
  const atOnce = await rawServer(t, () => []);
  t.regex((await t.throwsAsync(get(t, atOnce.url))).message, /without an answer/);
});

test('a body that is cut off, with or without a length, is no picture once the time is up', async (t) => {
  const half = PICTURE.subarray(0, length / 2);
  for (const lines of [[TYPE, whole], [TYPE], [TYPE, 'Transfer-Encoding: chunked']]) {
    const { url } = await rawServer(t, () => [head(lines), half, 'hang']);
    const error = await t.throwsAsync(get(t, url, 600), { any: true });
    t.is((error as Error).name, 'TimeoutError', lines.join());
  }
});

test('more bytes than a snapshot may have end the connection, also if they come compressed', async (t) => {
  const bomb = gzipSync(Buffer.concat([PICTURE.subarray(0, 1_000), Buffer.alloc(20_000_000)]));
  const { url } = await rawServer(t, () => [head(['Content-Encoding: gzip']), bomb]);
  t.like(await t.throwsAsync(get(t, url)), { code: 'too_large' });
});

test('a damaged compressed body is named as such', async (t) => {
  const { url } = await rawServer(t, () => [head(['Content-Encoding: gzip']), 'no gzip at all']);
  t.regex((await t.throwsAsync(get(t, url))).message, /compressed body is damaged/);
});

test('a connection is used again after a clean answer, and only then', async (t) => {
  const clean = await rawServer(t, () => [head([TYPE, whole]), PICTURE], { keepAlive: true });
  const odd = await rawServer(t, () => ['HTTP/1.0 200 OK\r\n', `${whole}\r\n\r\n`, PICTURE], {
    keepAlive: true,
  });
  for (const [server, connections] of [
    [clean, 1],
    [odd, 3],
  ] as const) {
    const address = new URL(server.url);
    const sockets = new CameraSockets(address);
    t.teardown(() => sockets.close());
    for (let i = 0; i < 3; i++) {
      const request = { target: '/snap', headers: { Host: address.host } };
      const response = await lenientGet(sockets, request, AbortSignal.timeout(5_000));
      t.true((await readPicture(response.body, 1_000_000)).equals(PICTURE));
      response.close();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    t.is(server.connections, connections);
  }
});

test('responses that follow each other at once on one connection arrive whole and without delay', async (t) => {
  const server = await rawServer(
    t,
    (_, count) =>
      count % 2 === 1 ? ['HTTP/1.1 304 Not Modified\r\n\r\n'] : [head([TYPE, whole]), PICTURE],
    { keepAlive: true },
  );
  const address = new URL(server.url);
  const sockets = new CameraSockets(address);
  t.teardown(() => sockets.close());
  for (let i = 1; i <= 40; i++) {
    const request = { target: '/snap', headers: { Host: address.host } };
    const response = await lenientGet(sockets, request, AbortSignal.timeout(1_000));
    if (i % 2 === 0) t.true((await readPicture(response.body, 1_000_000)).equals(PICTURE));
    response.close();
    response.close();
  }
  t.is(server.connections, 1);
});

test('a kept connection that the camera has closed costs no snapshot', async (t) => {
  const server = await rawServer(t, (_, count) =>
    count % 2 === 1 ? [head([TYPE, whole]), PICTURE, 'hang'] : [],
  );
  const address = new URL(server.url);
  const sockets = new CameraSockets(address);
  t.teardown(() => sockets.close());
  const request = { target: '/snap', headers: { Host: address.host } };
  for (let i = 0; i < 2; i++) {
    const response = await lenientGet(sockets, request, AbortSignal.timeout(5_000));
    t.true((await readPicture(response.body, 1_000_000)).equals(PICTURE));
    response.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  t.is(server.requests.length, 3);
});

for (const [name, answers] of Object.entries({
  '304 and 200 in turns': [['HTTP/1.1 304 Not Modified\r\n\r\n'], [head([TYPE, whole]), PICTURE]],
  '401 and 200 in turns': [
    ['HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n'],
    [head([TYPE, whole]), PICTURE],
  ],
  '200 each time': [[head([TYPE, whole]), PICTURE]],
  'a body that comes in two pieces': [
    [head([TYPE, whole]), PICTURE.subarray(0, 9_000), { pauseMs: 5 }, PICTURE.subarray(9_000)],
  ],
} satisfies Record<string, RawAnswer[]>))
  test(`requests that follow each other at once do not wait: ${name}`, async (t) => {
    const server = await rawServer(t, (_, count) => answers[(count - 1) % answers.length] ?? [], {
      keepAlive: true,
    });
    const address = new URL(server.url);
    const sockets = new CameraSockets(address);
    t.teardown(() => sockets.close());
    for (let i = 0; i < 36; i++) {
      const request = { target: '/snap', headers: { Host: address.host } };
      const response = await lenientGet(sockets, request, AbortSignal.timeout(2_000));
      if (response.status === 200)
        t.true((await readPicture(response.body, 1_000_000)).equals(PICTURE), `request ${i}`);
      response.close();
      // The connection is given back before the next request, or after it.
      for (let pause = 0; pause < i % 12; pause++) await Promise.resolve();
      if (i % 12 === 11) await new Promise(setImmediate);
    }
  });

test('random bytes for an answer end in a picture, in an error, or at the deadline, and nothing else', async (t) => {
  const byte = fc.oneof(
    fc.constantFrom(
      ...['HTTP/1.1 200 OK\r\n', '\r\n', '\n', 'Content-Length: ', '5', 'a:b', 'chunked'],
    ),
    fc.constantFrom(
      'Transfer-Encoding: chunked\r\n',
      'Content-Encoding: gzip\r\n',
      '0\r\n\r\n',
      '\xff\xd8\xff',
    ),
    fc.string({ maxLength: 30 }),
  );
  const answers = fc.sample(fc.array(byte, { maxLength: 12 }), 300);
  const { url } = await rawServer(t, (_, count) => answers[count - 1] ?? []);
  const address = new URL(url);
  for (const _ of answers) {
    const sockets = new CameraSockets(address);
    try {
      const request = { target: '/', headers: { Host: address.host } };
      const response = await lenientGet(sockets, request, AbortSignal.timeout(2_000));
      await readPicture(response.body, 10_000).finally(() => response.close());
    } catch (error) {
      t.true(error instanceof Error);
    } finally {
      sockets.close();
    }
  }
});
