import { once } from 'node:events';
import type { Readable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { OWN_ORIGIN } from '../../../core/detection/detection.js';
import type { StoredImage } from '../../../core/images/image-table.js';
import { ProblemError } from '../../../core/runtime/errors.js';
import { silentLogger } from '../../../core/runtime/logger.js';
import { TypedEvents } from '../../../core/runtime/typed-events.js';
import { bufferFile } from '../../../core/store/buffer-file.js';
import type { LatestPictures } from '../../../edge/events/pictures/latest-pictures.js';
import { MotionJpeg, type MotionJpegOptions } from '../../../edge/events/pictures/motion-jpeg.js';
import type { EdgeEventMap } from '../../../edge/pipeline/edge-events.js';
import { eventually } from '../../support/eventually.js';

const IMAGE: StoredImage = {
  ...{ id: 'a', sha256: 'a', analysis_key: 'a', camera: 'gate', created_at: 0, expires_at: null },
  ...{ plan: null, failure: null, result: null },
  ...{ media_type: 'image/jpeg', bytes: 1, width: 960, height: 540 },
};

function setUp(t: ExecutionContext, more: Partial<MotionJpegOptions> = {}) {
  const events = new TypedEvents<EdgeEventMap>(silentLogger());
  let [newest, made] = [0, 0];
  let isBusy = false;
  const pictures: Pick<LatestPictures, 'get'> = {
    get: async () => {
      if (isBusy) throw new ProblemError('queue_full', 'busy');
      made += 1;
      const image = { ...IMAGE, id: String(newest) };
      return { image, file: bufferFile(Buffer.alloc(100_000, 7)), tag: image.id };
    },
  };
  const check = (camera: string) => {
    if (camera !== 'gate') throw new ProblemError('not_found', 'no such camera');
  };
  const motion = new MotionJpeg({ pictures, check, log: silentLogger(), ...more });
  motion.subscribe(events);
  t.teardown(() => motion.stop());
  return {
    motion,
    events,
    made: () => made,
    setBusy: (now: boolean) => {
      isBusy = now;
    },
    open: (address = '192.0.2.1') => motion.open('gate', { boxes: false }, address, OWN_ORIGIN),
    take() {
      newest += 1;
      events.emit('snapshotRecorded', {
        ...{ camera: 'gate', id: String(newest), takenAt: 0, kept: true, tracks: [], events: [] },
        bytes: 1,
        analysis: {
          ...{ width: 1, height: 1, detections: [], detectors: [] },
          preparation: { workingSize: 0, orientations: [0] },
          times: { queueMs: 0, decodeMs: 0, detectMs: 0 },
        },
      });
    },
  };
}

/** The ids of the pictures that a client has received. */
function imagesIn(stream: Readable): string[] {
  const images: string[] = [];
  stream.on('data', (chunk: Buffer) => {
    for (const [, id = ''] of chunk.toString('latin1').matchAll(/Siteglass-Image: (\S+)/g))
      images.push(id);
  });
  return images;
}

test('a slow reader skips pictures, and nothing is made for it meanwhile', async (t) => {
  const { open, take, made } = setUp(t);
  const stream = open();
  await once(stream, 'readable');
  for (let i = 0; i < 50; i++) {
    take();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  t.true(made() <= 3, `${made()} were made`);
  const images = imagesIn(stream);
  await eventually('the newest', () => images.at(-1) === '50');
  t.true(images.length <= 4);
});

test('without a new picture the last one is sent again, and a failure is tried again', async (t) => {
  const { open, setBusy } = setUp(t, { repeatMs: 30 });
  setBusy(true);
  const images = imagesIn(open());
  await new Promise((resolve) => setTimeout(resolve, 80));
  t.deepEqual(images, []);
  setBusy(false);
  await eventually('repetitions', () => images.length >= 3);
});

test('streams are bounded for an address, and end with their camera and with the service', async (t) => {
  const { open, motion, events } = setUp(t, { maxClientsEach: 2 });
  const [first, second] = [open(), open()];
  imagesIn(first);
  imagesIn(second);
  t.like(
    t.throws(() => open()),
    { code: 'streams_full' },
  );
  const other = open('192.0.2.2');
  imagesIn(other);
  t.throws(() => motion.open('yard', { boxes: false }, '192.0.2.3', OWN_ORIGIN));
  first.destroy();
  await eventually('its place', () => motion.clients === 2);
  events.emit('cameraRemoved', 'gate');
  await eventually('the end of all', () => motion.clients === 0);
  const last = open();
  imagesIn(last);
  await motion.stop();
  await eventually('the end', () => last.destroyed);
});

test('a reader that reads nothing is disconnected', async (t) => {
  const { open, motion } = setUp(t, { repeatMs: 20, patienceMs: 60 });
  open();
  t.is(motion.clients, 1);
  await eventually('the end', () => motion.clients === 0);
  t.is(motion.clients, 0);
});
