import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { CameraSockets } from '../../../../edge/cameras/http/camera-sockets.js';
import { lenientGet } from '../../../../edge/cameras/http/lenient-request.js';
import { readPicture } from '../../../../edge/cameras/http/read-picture.js';
import { type RawAnswer, rawServer } from '../../../fakes/raw-server.js';

/** Bytes with the markers of a JPEG; what lies between them is random, and none of it is decoded here. */
const PICTURE = Buffer.concat([
  Buffer.from('ffd8ffe000104a46494600010100000100010000ffda0008010100003f00', 'hex'),
  Buffer.from(Array.from({ length: 30_000 }, (_, i) => (i * 7919) % 255)),
  Buffer.from('ffd9', 'hex'),
]);
const { length } = PICTURE;
const TYPE = 'Content-Type: image/jpeg';
const head = (lines: string[], nl = '\r\n', last = nl) =>
  `HTTP/1.1 200 OK${nl}${lines.map((line) => line + nl).join('')}${last}`;
const whole = `Content-Length: ${length}`;

function chunks(nl = '\r\n', extension = ''): Buffer[] {
  const size = 8_192;
  return Array.from({ length: Math.ceil(length / size) }, (_, i) => {
    const part = PICTURE.subarray(i * size, (i + 1) * size);
    return Buffer.concat([
      Buffer.from(part.length.toString(16) + extension + nl),
      part,
      Buffer.from(nl),
    ]);
  });
}

/** What curl takes, and what browsers take beyond it. */
const FAULTS: Record<string, RawAnswer> = {
  'nothing wrong': [head([TYPE, whole]), PICTURE],
  'line ends without CR': [head([TYPE, whole], '\n'), PICTURE],
  'line ends without CR and no length': ['HTTP/1.0 200 OK\nContent-Type: image/jpeg\n\n', PICTURE],
  'a blank line without CR': [head([TYPE, whole], '\r\n', '\n'), PICTURE],
  'one header without CR': [`HTTP/1.1 200 OK\r\nServer: cam\n${TYPE}\r\n${whole}\r\n\r\n`, PICTURE],
  'CR doubled': [`HTTP/1.1 200 OK\r\r\n${TYPE}\r\r\n${whole}\r\r\n\r\n`, PICTURE],
  'the length twice': [head([whole, TYPE, whole]), PICTURE],
  'two lengths that differ': [head([whole, TYPE, 'Content-Length: 17']), PICTURE],
  'a list of lengths': [head([`Content-Length: ${length}, ${length}`]), PICTURE],
  'a length that is no number': [head([TYPE, 'Content-Length: -1']), PICTURE],
  'a length beside chunks': [
    head([TYPE, whole, 'Transfer-Encoding: chunked']),
    ...chunks(),
    '0\r\n\r\n',
  ],
  'chunks without an end': [head([TYPE, 'Transfer-Encoding: chunked']), ...chunks()],
  'chunks with LF': [head([TYPE, 'Transfer-Encoding: chunked']), ...chunks('\n'), '0\n\n'],
  'chunks with an extension and a trailer': [
    head([TYPE, 'transfer-encoding: Chunked']),
    ...chunks('\r\n', ';name="value"'),
    '0\r\nX-Sum: 1\r\n\r\n',
  ],
  'chunked announced, and raw bytes': [head([TYPE, 'Transfer-Encoding: chunked']), PICTURE],
  'a control character in a header': [head(['Server: Netwave\x01 Camera', TYPE, whole]), PICTURE],
  'NUL in a header': [head(['Server: a\0b', TYPE, whole]), PICTURE],
  'space before the colon': [
    head(['Content-Type : image/jpeg', `Content-Length : ${length}`]),
    PICTURE,
  ],
  'space in a name': [head(['Cache Control: no-cache', TYPE, whole]), PICTURE],
  'a line without a colon': [head(['what is this', TYPE, whole]), PICTURE],
  'Latin-1 in a header': [head(['Server: K\xe4mera', TYPE, whole]), PICTURE],
  'a folded header': [head(['X-Info: one', '  two', TYPE, whole]), PICTURE],
  '20 KiB of headers': [
    head([
      ...Array.from({ length: 20 }, (_, i) => `Set-Cookie: c${i}=${'x'.repeat(1_000)}`),
      whole,
    ]),
    PICTURE,
  ],
  'no reason': [`HTTP/1.1 200\r\n${whole}\r\n\r\n`, PICTURE],
  'line ends before the status line': [`\r\n\r\n${head([whole])}`, PICTURE],
  'a status line of Icecast': [`ICY 200 OK\r\n${whole}\r\n\r\n`, PICTURE],
  'HTTP/0.9': [PICTURE],
  'HTTP/1.0': [`HTTP/1.0 200 OK\r\n${TYPE}\r\n\r\n`, PICTURE],
  'an interim answer': ['HTTP/1.1 100 Continue\r\n\r\n', head([TYPE, whole]), PICTURE],
  'gzip that was not asked for': [
    head([TYPE, 'Content-Encoding: gzip', `Content-Length: ${gzipSync(PICTURE).length}`]),
    gzipSync(PICTURE),
  ],
  'junk behind the body': [head([TYPE, whole]), PICTURE, '\r\n\r\njunk'],
  'a length that is too long': [head([TYPE, `Content-Length: ${length + 1_000}`]), PICTURE],
  'a length that is too long, and silence': [
    head([TYPE, `Content-Length: ${length + 1_000}`]),
    PICTURE,
    'hang',
  ],
  'no length, and silence': [head([TYPE]), PICTURE, 'hang'],
  'chunks without an end, and silence': [
    head([TYPE, 'Transfer-Encoding: chunked']),
    ...chunks(),
    'hang',
  ],
  'one byte at a time in the head': [...head([TYPE, whole]), PICTURE],
};

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

for (const [fault, answer] of Object.entries(FAULTS))
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
