import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { CameraError } from '../../../../edge/cameras/camera.js';
import { CameraClient } from '../../../../edge/cameras/http/camera-client.js';
import { HttpCamera } from '../../../../edge/cameras/sources/http-camera.js';
import { makeOldCertificate } from '../../../fakes/tls-camera.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import {
  challenge,
  picture,
  silence,
  startCameraServer,
  status,
} from '../../support/camera-server.js';
import { httpConfig } from '../../support/cameras.js';

const cameraAt = (url: string, more?: Record<string, unknown>) =>
  new HttpCamera(httpConfig(url, more), Date.now);
const patient = () => AbortSignal.timeout(30_000);

test('a snapshot contains the bytes of the response', async (t) => {
  const server = await startCameraServer(t, picture(Buffer.from([0xff, 0xd8, 0xff])));
  const before = Date.now();
  const snapshot = await cameraAt(server.url).take(patient());
  t.deepEqual(snapshot?.bytes, Buffer.from([0xff, 0xd8, 0xff]));
  t.true(snapshot && snapshot.takenAt >= before && snapshot.takenAt <= Date.now());
  t.false(snapshot?.more);
});

test('an unchanged image is not taken again after it was processed', async (t) => {
  const server = await startCameraServer(t, (request, response) => {
    const isKnown =
      request.headers['if-none-match'] === '"7"' &&
      request.headers['if-modified-since'] === 'Mon, 01 Jan 2024 00:00:00 GMT';
    if (isKnown) return response.writeHead(304).end();
    return response
      .writeHead(200, { etag: '"7"', 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' })
      .end('a picture');
  });
  const camera = cameraAt(server.url);
  await camera.take(patient());
  const again = await camera.take(patient());
  t.is(again?.bytes.toString(), 'a picture', 'it was not settled, so it is offered again');
  await again?.markProcessed();
  t.is(await camera.take(patient()), undefined);
});

test('a temporary error is retried', async (t) => {
  const server = await startCameraServer(t, status(500));
  const camera = cameraAt(server.url, { retries: 2 });
  server.answer((request, response) =>
    server.requests.length < 3 ? status(503)(request, response) : picture()(request, response),
  );
  t.truthy(await camera.take(patient()));
  t.is(server.requests.length, 3);
});

test('retries are limited', async (t) => {
  const server = await startCameraServer(t, status(500));
  await t.throwsAsync(cameraAt(server.url, { retries: 1 }).take(patient()), {
    instanceOf: CameraError,
    message: 'the camera responded with HTTP 500',
  });
  t.is(server.requests.length, 2);
});

test('retries end at the deadline of the schedule', async (t) => {
  const server = await startCameraServer(t, status(500));
  const slot = AbortSignal.timeout(1000);
  await t.throwsAsync(cameraAt(server.url, { retries: 5 }).take(slot), {
    code: 'bad_status',
  });
  t.true(server.requests.length < 6, 'six attempts take 4 s at the least');
});

test('a permanent error is not retried', async (t) => {
  const server = await startCameraServer(t, status(404));
  await t.throwsAsync(cameraAt(server.url, { retries: 5 }).take(patient()), {
    code: 'bad_status',
  });
  t.is(server.requests.length, 1);
});

test('a camera that accepts the connection and sends nothing times out', async (t) => {
  const server = await startCameraServer(t, silence);
  await t.throwsAsync(cameraAt(server.url, { timeoutSeconds: 0.2 }).take(patient()), {
    code: 'timeout',
    message: 'the camera did not respond in time',
  });
});

test('a camera that stalls in the middle of an image times out', async (t) => {
  const server = await startCameraServer(t, (_request, response) => {
    response.writeHead(200).write('half a pic');
  });
  await t.throwsAsync(cameraAt(server.url, { timeoutSeconds: 0.2 }).take(patient()), {
    code: 'timeout',
  });
});

test('an endless body is aborted at the size limit', async (t) => {
  let sent = 0;
  let closed = false;
  const server = await startCameraServer(t, (_request, response) => {
    response.writeHead(200);
    const pour = () => {
      while (!closed && response.write(Buffer.alloc(16_384))) sent += 16_384;
    };
    response.on('drain', pour).on('close', () => {
      closed = true;
    });
    pour();
  });
  await t.throwsAsync(
    cameraAt(server.url, { maxBytes: 100_000, timeoutSeconds: 20 }).take(patient()),
    {
      code: 'too_large',
      message: 'the snapshot is larger than 100000 bytes (maxBytes)',
    },
  );
  t.true(sent < 50_000_000, `${sent} bytes were read`);
});

test('a body with a Content-Length over the limit is not read', async (t) => {
  const server = await startCameraServer(t, (_request, response) => {
    response.writeHead(200, { 'content-length': '50000000' }).write('x');
  });
  await t.throwsAsync(cameraAt(server.url, { maxBytes: 100_000 }).take(patient()), {
    code: 'too_large',
  });
});

test('a redirect on the same host is followed', async (t) => {
  const server = await startCameraServer(t, (request, response) => {
    if (request.url === '/snapshot.jpg')
      return response.writeHead(302, { location: '/cgi/live.jpg' }).end();
    return response.writeHead(200).end(request.url);
  });
  const snapshot = await cameraAt(server.url).take(patient());
  t.is(snapshot?.bytes.toString(), '/cgi/live.jpg');
});

test('a redirect to another host is refused, and no request is sent there', async (t) => {
  const other = await startCameraServer(t, picture());
  const server = await startCameraServer(t, (_request, response) => {
    response.writeHead(302, { location: `http://localhost:${other.port}/` }).end();
  });
  const auth = { username: 'admin', password: 'hunter2' };
  await t.throwsAsync(cameraAt(server.url, { auth }).take(patient()), {
    code: 'redirect_refused',
    message: 'the camera redirected to another host',
  });
  t.is(other.requests.length, 0);
});

const CHALLENGE = { 'www-authenticate': 'Basic realm="cam"' };

test('a password does not follow a redirect to another port of the same host', async (t) => {
  const other = await startCameraServer(t, (_request, response) => {
    response.writeHead(401, CHALLENGE).end();
  });
  const server = await startCameraServer(t, (_request, response) => {
    response.writeHead(302, { location: `http://127.0.0.1:${other.port}/` }).end();
  });
  for (const scheme of ['auto', 'basic', 'digest']) {
    const auth = { username: 'admin', password: 'hunter2', scheme };
    const error = await t.throwsAsync(cameraAt(server.url, { auth }).take(patient()));
    t.regex(error.message, /set url to the final address \(HTTP 401\)/);
  }
  t.true(other.requests.length > 0);
  t.true(other.requests.every(({ headers }) => headers.authorization === undefined));
});

test('a password does not follow a redirect to https, or to another port over https', async (t) => {
  const { key, cert, fingerprint } = await makeOldCertificate(t);
  const logins: (string | undefined)[] = [];
  const secure = createServer({ key, cert, ciphers: 'ALL:@SECLEVEL=0' }, (request, response) => {
    logins.push(request.headers.authorization);
    response.writeHead(401, CHALLENGE).end();
  }).listen(0, '127.0.0.1');
  await once(secure, 'listening');
  t.teardown(() => secure.close());
  const { port } = secure.address() as AddressInfo;
  const server = await startCameraServer(t, (_request, response) => {
    response.writeHead(301, { location: `https://127.0.0.1:${port}/` }).end();
  });
  const auth = { username: 'admin', password: 'hunter2', scheme: 'basic' as const };
  const client = new CameraClient({ url: server.url, auth, fingerprint, oldTls: true });
  t.teardown(() => client.close());
  await t.throwsAsync(
    client.get({}, patient(), async () => undefined),
    {
      message: /set url to the final address/,
    },
  );
  t.deepEqual(logins, [undefined]);
});

test('a redirect loop is aborted', async (t) => {
  const server = await startCameraServer(t, (_request, response) => {
    response.writeHead(302, { location: '/snapshot.jpg' }).end();
  });
  await t.throwsAsync(cameraAt(server.url, { retries: 5 }).take(patient()), {
    code: 'redirect_refused',
  });
  t.is(server.requests.length, 4);
});

test('the password of a camera can be read from a file', async (t) => {
  const file = join(await temporaryFolder(t), 'password');
  await writeFile(file, 'grüß:gott\n');
  const expected = `Basic ${Buffer.from('admin:grüß:gott').toString('base64')}`;
  const server = await startCameraServer(t, (request, response) =>
    (request.headers.authorization === expected ? picture() : challenge('Basic realm="cam"'))(
      request,
      response,
    ),
  );
  const auth = { username: 'admin', password: { file } };
  const camera = cameraAt(server.url, { auth });
  t.truthy(await camera.take(patient()));
  t.truthy(await camera.take(patient()));
  t.is(server.requests.length, 3, 'once it is known, the password goes with the request');
});

test('a password is not sent without a challenge, unless the scheme is basic', async (t) => {
  const server = await startCameraServer(t, picture());
  const auth = { username: 'admin', password: 'hunter2' };
  await cameraAt(server.url, { auth }).take(patient());
  await cameraAt(server.url, { auth: { ...auth, scheme: 'basic' } }).take(patient());
  const sent = server.requests.map(({ headers }) => headers.authorization);
  t.deepEqual(sent, [undefined, `Basic ${Buffer.from('admin:hunter2').toString('base64')}`]);
});

test('with the scheme digest no password is sent in clear text', async (t) => {
  const server = await startCameraServer(t, challenge('Basic realm="cam"'));
  const auth = { username: 'admin', password: 'hunter2', scheme: 'digest' };
  await t.throwsAsync(cameraAt(server.url, { auth }).take(patient()), { code: 'bad_status' });
  t.deepEqual(
    server.requests.map(({ headers }) => headers.authorization),
    [undefined],
  );
});

test('a wrong password is tried once per run', async (t) => {
  let nonce = 0;
  const server = await startCameraServer(t, (request, response) =>
    challenge(`Digest realm="cam", nonce="n${nonce++}", qop="auth"`)(request, response),
  );
  const camera = cameraAt(server.url, { auth: { username: 'admin', password: 'no' }, retries: 3 });
  await t.throwsAsync(camera.take(patient()), { code: 'bad_status' });
  t.is(server.requests.length, 2);
});

test('a camera on a port that browsers block is supported', async (t) => {
  await t.throwsAsync(cameraAt('http://127.0.0.1:554/').take(patient()), {
    message: 'the camera is unreachable (ECONNREFUSED)',
  });
});

test('no error contains credentials or a URL', async (t) => {
  const server = await startCameraServer(t, status(401));
  const auth = { username: 'superuser', password: 'hunter2' };
  const secretive = (url: string) => cameraAt(`${url}?pwd=s3cret`, { auth }).take(patient());
  const messages = [
    await t.throwsAsync(secretive(server.url)),
    await t.throwsAsync(secretive('http://127.0.0.1:1/')),
    await t.throwsAsync(secretive('http://no-such-host.invalid/')),
  ].map((error) => error?.message ?? '');
  t.deepEqual(messages.slice(0, 1), [
    'the camera asks for a login, and it sends no challenge; if it takes a password without one, set auth.scheme to basic (HTTP 401)',
  ]);
  for (const message of messages) t.notRegex(message, /hunter2|superuser|s3cret|http:/);
});

test('a camera that is switched off is unreachable', async (t) => {
  await t.throwsAsync(cameraAt('http://127.0.0.1:9/').take(patient()), { code: 'unreachable' });
});
