import { once } from 'node:events';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import test from 'ava';
import type { Sighting } from '../../../core/contract/sighting.js';
import { cocoArchive } from '../../../edge/events/export/coco-archive.js';
import { csvField } from '../../../edge/events/export/csv.js';
import { eventually } from '../../support/eventually.js';

const AT = '2026-11-20T10:00:00.000Z';
const PICTURE_BYTES = 1_000_000;

const sightingOf = (image: string): Sighting => ({
  ...{ id: image, camera: 'gate', cameraName: null, label: 'cat', detector: 'd', state: 'left' },
  ...{ startedAt: AT, lastSeenAt: AT, leftAt: AT, endedAt: AT, count: 1, zones: [], mark: null },
  box: { x: 1, y: 2, width: 3, height: 4 },
  best: {
    ...{ image, takenAt: AT, confidence: 0.5, score: null, neighbors: 3 },
    box: { x: 1, y: 2, width: 3, height: 4 },
  },
  picture: null,
  pictureSize: { width: 10, height: 10 },
});

function setUp(count: number, isGone: (image: string) => boolean = () => false) {
  const images = Array.from({ length: count }, (_, i) => `image-${i}`);
  const opened: Readable[] = [];
  const archive = cocoArchive({
    pictures: new Map(images.map((image) => [image, [sightingOf(image)]])),
    open: async (image) => {
      if (isGone(image)) return undefined;
      const content = () => {
        const chunks = Array.from({ length: 10 }, () => Buffer.alloc(PICTURE_BYTES / 10, 7));
        const stream = Readable.from(chunks, { objectMode: false });
        opened.push(stream);
        return stream;
      };
      const file = { bytes: PICTURE_BYTES, read: content };
      return { file, mediaType: 'image/png', width: 10, height: 10 };
    },
    ...{ site: 'north', version: '1', at: AT },
  });
  return { archive, opened };
}

test('an archive is written at the pace of its reader, one picture at a time', async (t) => {
  const { archive, opened } = setUp(20);
  await once(archive, 'readable');
  await new Promise((resolve) => setTimeout(resolve, 200));
  t.true(opened.length <= 2, 'nobody reads');
  t.true((await buffer(archive)).length > 20 * PICTURE_BYTES);
  t.is(opened.length, 20);
  t.true(opened.every(({ destroyed }) => destroyed));
});

test('when its reader leaves, the open picture is closed and no more are opened', async (t) => {
  const { archive, opened } = setUp(20);
  await once(archive, 'readable');
  archive.destroy();
  await eventually('the end', () => opened.every(({ destroyed }) => destroyed));
  const count = opened.length;
  await new Promise((resolve) => setTimeout(resolve, 100));
  t.is(opened.length, count);
});

test('a picture that is gone when its turn comes is left out with its annotation', async (t) => {
  const { archive } = setUp(3, (image) => image === 'image-1');
  const bytes = await buffer(archive);
  t.true(bytes.includes('image-2.png'));
  t.false(bytes.includes('image-1'));
});

test('fields of CSV are quoted, and no spreadsheet runs them', (t) => {
  t.deepEqual(
    ['=1+1', '+49', '-x', '@cmd', '\tx', 'a,b', 'a "b"', 'two\nlines', 'plain', ''].map(csvField),
    ["'=1+1", "'+49", "'-x", "'@cmd", "'\tx", '"a,b"', '"a ""b"""', '"two\nlines"', 'plain', ''],
  );
  t.deepEqual([csvField(-1.5), csvField(null)], ['-1.5', '']);
});
