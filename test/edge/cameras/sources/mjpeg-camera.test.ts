import test, { type ExecutionContext } from 'ava';
import { inspectImage } from '../../../../core/images/inspect.js';
import { mjpegCameraSchema } from '../../../../edge/cameras/camera-config.js';
import { MjpegCamera } from '../../../../edge/cameras/sources/mjpeg-camera.js';
import { eventually } from '../../../support/eventually.js';
import { type Answer, startCameraServer, status } from '../../support/camera-server.js';
import { startMjpegServer } from '../../support/peers.js';

const patient = () => AbortSignal.timeout(30_000);

function cameraAt(t: ExecutionContext, url: string, more: Record<string, unknown> = {}) {
  const config = mjpegCameraSchema.parse({ id: 'gate', kind: 'mjpeg', url, ...more });
  const camera = new MjpegCamera(config, Date.now);
  t.teardown(() => camera.close());
  return camera;
}

/** A JPEG by its markers, with `text` as a comment; nothing here decodes it. */
const jpeg = (text: string) =>
  Buffer.concat([
    Buffer.from([0xff, 0xd8, 0xff, 0xfe, 0, text.length + 2]),
    Buffer.from(text),
    Buffer.from('ffda0003aa1122ffd9', 'hex'),
  ]);

/** A stream of the given pieces, which then stays open. */
const stream = (boundary: string, ...pieces: (string | Buffer)[]): Answer => {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': `multipart/x-mixed-replace; boundary=${boundary}` });
    for (const piece of pieces) response.write(piece);
  };
};

test("ffmpeg's stream returns a complete JPEG each time it is opened", async (t) => {
  const { url, ready } = await startMjpegServer(t);
  const camera = cameraAt(t, url, { timeoutSeconds: 20 });
  for (let i = 0; i < 2; i++) {
    await ready();
    const { bytes } = await camera.take(patient());
    t.deepEqual(inspectImage(bytes, 1e6), { mediaType: 'image/jpeg', width: 320, height: 240 });
    t.deepEqual(bytes.subarray(-2), Buffer.from([0xff, 0xd9]));
  }
});

test('a frame ends after its Content-Length, whatever it contains', async (t) => {
  const frame = jpeg('ab\r\n--cut here');
  const server = await startCameraServer(
    t,
    stream('cut', `--cut\r\nContent-Length: ${frame.length}\r\n\r\n`, frame),
  );
  t.deepEqual((await cameraAt(t, server.url).take(patient())).bytes, frame);
});

test('a frame without a length ends before the next one, however the bytes are split', async (t) => {
  const frame = jpeg('ab\r\n-cd');
  const whole = Buffer.concat([
    Buffer.from('--cut\r\ncontent-type: image/jpeg\r\n\r\n'),
    frame,
    Buffer.from('\r\n--cut\r\n'),
  ]);
  const server = await startCameraServer(t, async (_request, response) => {
    response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace;boundary="--cut"' });
    for (const byte of whole) {
      response.write(Buffer.of(byte));
      await new Promise(setImmediate);
    }
  });
  t.deepEqual((await cameraAt(t, server.url).take(patient())).bytes, frame);
});

test('the connection is closed after a frame, and the next snapshot opens its own', async (t) => {
  let open = 0;
  const server = await startCameraServer(t, (request, response) => {
    open++;
    request.socket.once('close', () => open--);
    stream('cut', '--cut\r\n\r\n', jpeg(`${server.requests.length}`))(request, response);
  });
  const camera = cameraAt(t, server.url);
  t.deepEqual((await camera.take(patient())).bytes, jpeg('1'));
  t.deepEqual((await camera.take(patient())).bytes, jpeg('2'));
  await t.notThrowsAsync(eventually('both connections are closed', () => open === 0));
});

test('a frame over the size limit is aborted, with or without a length', async (t) => {
  const frame = Buffer.concat([jpeg('a').subarray(0, -2), Buffer.alloc(5000)]);
  const head = '--c\r\nContent-Length: 5016\r\n\r\n';
  const announced = await startCameraServer(t, stream('c', head, frame));
  const endless = await startCameraServer(t, stream('c', '--c\r\n\r\n', frame));
  for (const { url } of [announced, endless])
    await t.throwsAsync(cameraAt(t, url, { maxBytes: 1024 }).take(patient()), {
      code: 'too_large',
    });
});

test('a response that is not a stream, or has no frame, is an error', async (t) => {
  const page = await startCameraServer(t, (_request, response) => response.end('hello'));
  await t.throwsAsync(cameraAt(t, page.url).take(patient()), {
    code: 'unreadable',
    message: 'the camera sent no whole picture in its stream',
  });
  const noise = await startCameraServer(t, stream('cut', Buffer.alloc(3_000_000)));
  await t.throwsAsync(cameraAt(t, noise.url).take(patient()), { code: 'unreadable' });
  const away = await startCameraServer(t, status(503));
  await t.throwsAsync(cameraAt(t, away.url).take(patient()), { code: 'bad_status' });
});

test('a stream that sends nothing times out', async (t) => {
  const server = await startCameraServer(t, stream('cut', '--cut\r\n'));
  await t.throwsAsync(cameraAt(t, server.url, { timeoutSeconds: 0.3 }).take(patient()), {
    code: 'timeout',
  });
});

test('a stream is told by its pictures, whatever the content type or boundary says', async (t) => {
  const types = [
    'video/x-motion-jpeg; boundary=cut',
    'multipart/x-mixed-replace',
    'multipart/x-mixed-replace; boundary=other',
    "multipart/x-mixed-replace;boundary='cut'; charset=x",
    'text/plain',
    undefined,
  ];
  for (const type of types) {
    const { url } = await startCameraServer(t, (_request, response) => {
      response.writeHead(200, type === undefined ? {} : { 'content-type': type });
      response.write('--cut\r\nContent-Type: image/jpeg\r\n\r\n');
      response.write(jpeg('a'));
      response.write('\r\n--cut\r\n');
    });
    t.deepEqual((await cameraAt(t, url).take(patient())).bytes, jpeg('a'), type ?? 'none');
  }
});
