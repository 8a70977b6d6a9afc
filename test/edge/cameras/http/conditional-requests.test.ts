import test from 'ava';
import { HttpCamera } from '../../../../edge/cameras/sources/http-camera.js';
import { startCameraServer } from '../../support/camera-server.js';
import { httpConfig } from '../../support/cameras.js';

const PICTURE = Buffer.from('ffd8fffe0004abcdffda0003aa11ffd9', 'hex');
const patient = () => AbortSignal.timeout(30_000);

/** A camera that answers 304 to each conditional request, whatever it sees. */
const startStubborn = (t: Parameters<typeof startCameraServer>[0]) =>
  startCameraServer(t, (request, response) =>
    request.headers['if-none-match']
      ? response.writeHead(304).end()
      : response.writeHead(200, { etag: '"1"' }).end(PICTURE),
  );

test('after ten responses of 304, the picture is asked for without conditions', async (t) => {
  const server = await startStubborn(t);
  const camera = new HttpCamera(httpConfig(server.url), Date.now, () => 0);
  t.teardown(() => camera.close());
  for (let round = 0; round < 2; round++) {
    const snapshot = await camera.take(patient());
    t.deepEqual(snapshot?.bytes, PICTURE);
    await snapshot?.markProcessed();
    for (let i = 0; i < 10; i++) t.is(await camera.take(patient()), undefined);
  }
  t.truthy(await camera.take(patient()));
});

test('after five minutes without a new picture, one request goes without conditions', async (t) => {
  const server = await startStubborn(t);
  let now = 0;
  const camera = new HttpCamera(httpConfig(server.url), Date.now, () => now);
  t.teardown(() => camera.close());
  await (await camera.take(patient()))?.markProcessed();
  now = 299_000;
  t.is(await camera.take(patient()), undefined);
  now = 300_000;
  const snapshot = await camera.take(patient());
  t.truthy(snapshot);
  await snapshot?.markProcessed();
  t.is(await camera.take(patient()), undefined);
});

test('the validators of a picture that was refused are not kept', async (t) => {
  const server = await startStubborn(t);
  const camera = new HttpCamera(httpConfig(server.url), Date.now);
  t.teardown(() => camera.close());
  for (let i = 0; i < 3; i++) {
    const snapshot = await camera.take(patient());
    t.deepEqual(snapshot?.bytes, PICTURE);
    await snapshot?.skip?.();
  }
});

test('a camera that answers 304 to a request without conditions, again and again, has failed', async (t) => {
  const server = await startCameraServer(t, (_, response) => response.writeHead(304).end());
  const camera = new HttpCamera(httpConfig(server.url), Date.now);
  t.teardown(() => camera.close());
  for (let i = 0; i < 10; i++) t.is(await camera.take(patient()), undefined);
  await t.throwsAsync(camera.take(patient()), { message: 'the camera responded with HTTP 304' });
});
