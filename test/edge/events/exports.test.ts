import { buffer } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import type { Sighting } from '../../../core/contract/sighting.js';
import type { ImageStore } from '../../../core/images/image-store.js';
import { Exports } from '../../../edge/events/export/exports.js';
import type { SightingList } from '../../../edge/sightings/sighting-list.js';
import { eventually } from '../../support/eventually.js';

const AT = '2026-11-20T10:00:00.000Z';
const box = { x: 1, y: 2, width: 3, height: 4 };
const SIGHTING: Sighting = {
  ...{ id: 'a', camera: 'gate', cameraName: null, label: 'cat', detector: 'd', state: 'left' },
  ...{ startedAt: AT, lastSeenAt: AT, leftAt: AT, endedAt: AT, count: 1, zones: [], mark: null },
  ...{ box, picture: null, pictureSize: null },
  best: { image: 'a', takenAt: AT, confidence: 0.5, score: null, neighbors: 3, box },
};

function exportsOf(t: ExecutionContext, rows: number, patienceMs = 60_000) {
  let release: () => void = () => undefined;
  const isCounted = new Promise<void>((resolve) => {
    release = resolve;
  });
  let read = 0;
  const list: Pick<SightingList, 'count' | 'each'> = {
    async count() {
      read += 1;
      await isCounted;
      return rows;
    },
    async *each() {
      for (let i = 0; i < rows; i++) yield SIGHTING;
    },
  };
  const exports = new Exports({
    ...{ site: 'north', version: '1', clock: () => 0, patienceMs },
    list: list as SightingList,
    store: {} as ImageStore,
  });
  t.teardown(() => exports.stop());
  return { exports, release, read: () => read };
}

test('no more exports are counted and read at once than may be made, and each caller has one of them', async (t) => {
  const { exports, release, read } = exportsOf(t, 3);
  const begun = [exports.csv({}, 'user anna')];
  for (const more of [exports.csv({}, 'user anna'), exports.coco({}, 'user anna')]) {
    const refused = await t.throwsAsync(more);
    t.like(refused, { code: 'rate_limited', status: 429 });
    t.regex(refused?.message ?? '', /export of yours is under way.*cancel it/);
  }
  begun.push(exports.coco({}, 'token ben'));
  t.like(await t.throwsAsync(exports.csv({}, 'user carl')), { code: 'exports_busy', status: 503 });
  t.is(read(), 2);
  release();
  const [csv, coco] = await Promise.all(begun);
  t.is(String(csv && (await buffer(csv))).split('\r\n').length, 5);
  t.true(coco && (await buffer(coco)).length > 0);
  await eventually('their places', () => exports.running === 0);
});

test('an export that fails, or that nobody reads, gives its place back', async (t) => {
  const failing = exportsOf(t, 300_000);
  failing.release();
  t.like(await t.throwsAsync(failing.exports.csv({}, 'user anna')), { code: 'invalid_parameter' });
  t.is(failing.exports.running, 0);

  const { exports, release } = exportsOf(t, 100_000, 100);
  release();
  const unread = await exports.csv({}, 'user anna');
  t.is(exports.running, 1);
  await eventually('its place', () => exports.running === 0);
  t.true(unread.destroyed);
});

test('an export that is read a little now and then, to keep its place, ends', async (t) => {
  const { exports, release } = exportsOf(t, 100_000, 300);
  release();
  const slow = await exports.csv({}, 'user anna');
  slow.on('error', () => undefined);
  const reading = setInterval(() => slow.read(64), 20);
  t.teardown(() => clearInterval(reading));
  await eventually('its place', () => exports.running === 0);
  t.true(slow.destroyed);
  const next = await exports.csv({}, 'user anna');
  t.is(String(await buffer(next)).split('\r\n').length, 100_002, 'one that is read is whole');
});
