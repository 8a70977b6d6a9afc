import test from 'ava';
import fc from 'fast-check';
import { confidenceOf, type Detection } from '../../../core/contract/detection.js';
import { trackingSchema } from '../../../edge/sightings/sighting-settings.js';
import { toRow, trackOf } from '../../../edge/sightings/track-row.js';
import {
  advance,
  hasPendingChange,
  MAX_TRACKS,
  type Track,
} from '../../../edge/sightings/tracks.js';

const SECOND = 1000;
const settings = (more: object = {}) => trackingSchema.parse(more);

const sign = (x = 100, y = 100, size = 50, more: Partial<Detection> = {}): Detection => ({
  label: 'stop sign',
  detector: 'stop-sign',
  box: { x, y, width: size, height: size },
  confidence: confidenceOf(more.neighbors ?? 5, 3),
  neighbors: 5,
  score: null,
  ...more,
});

/** Tracks snapshots that are ten seconds apart, and returns the update of each. */
function watch(frames: Detection[][], more: object = {}) {
  let ids = 0;
  let tracks: Track[] = [];
  const updates = frames.map((detections, i) => {
    const frame = { image: `image-${i}`, takenAt: i * 10 * SECOND, detections };
    const update = advance(tracks, frame, settings(more), () => `object-${++ids}`);
    tracks = update.tracks;
    return update;
  });
  const events = updates.map(({ appeared, left }) =>
    [...appeared.map(({ id }) => `+${id}`), ...left.map(({ id }) => `-${id}`)].join(' '),
  );
  return { updates, events, tracks };
}

test('an object appears in the second snapshot that shows it, and leaves after three that do not', (t) => {
  const { events, updates } = watch([[], [sign()], [sign(104)], [sign(98)], [], [], [], []]);
  t.deepEqual(events, ['', '', '+object-1', '', '', '', '-object-1', '']);
  const [left] = updates[6]?.left ?? [];
  t.like(left, { startedAt: 10 * SECOND, lastSeenAt: 30 * SECOND, count: 3, misses: 3 });
});

test('what only one snapshot shows is not a sighting', (t) => {
  const { events, tracks } = watch([[sign()], [], [], [sign()], [], [], []]);
  t.true(events.every((event) => event === ''));
  t.deepEqual(tracks, []);
});

test('an object that is missed in between is the same sighting', (t) => {
  const { events } = watch([[sign()], [], [sign()], [], [], [sign()], [], [], [sign()]]);
  t.deepEqual(events.filter(Boolean), ['+object-1']);
});

test('objects of different labels in one position are different sightings', (t) => {
  const face = { label: 'face', detector: 'face' };
  const both = [sign(), sign(100, 100, 50, face)];
  const { events, tracks } = watch([both, both, [sign()], [sign()], [sign()]]);
  t.deepEqual(events.filter(Boolean), ['+object-1 +object-2', '-object-2']);
  t.deepEqual(
    tracks.map(({ label }) => label),
    ['stop sign'],
  );
});

test('two objects side by side are not confused, whatever the order of their detections', (t) => {
  const [a, b] = [sign(100), sign(130)];
  const { tracks, events } = watch([
    [a, b],
    [b, a],
    [a, b],
    [b, a],
  ]);
  t.deepEqual(events.filter(Boolean), ['+object-1 +object-2']);
  t.deepEqual(
    tracks.map(({ box, count }) => [box.x, count]),
    [
      [100, 4],
      [130, 4],
    ],
  );
});

test('the best snapshot has the highest score, or the most neighbors if there is no score', (t) => {
  const scored = [1, 7, 3].map((score) => [sign(100, 100, 50, { score })]);
  t.like(watch(scored).tracks[0]?.best, { image: 'image-1', score: 7 });
  const counted = [4, 9, 9].map((neighbors) => [sign(100, 100, 50, { neighbors })]);
  t.like(watch(counted).tracks[0]?.best, { image: 'image-1', neighbors: 9 });
});

test('the best snapshot of an object that a model found is the most certain one', (t) => {
  const found = [0.4, 0.9, 0.7].map((confidence) => [
    sign(100, 100, 50, { confidence, neighbors: null, score: null }),
  ]);
  t.like(watch(found).tracks[0]?.best, { image: 'image-1', confidence: 0.9, neighbors: null });
});

test('a track that a version before models stored has a confidence', (t) => {
  const [track] = watch([[sign()]]).tracks;
  if (!track) return t.fail();
  const { confidence: _, ...best } = { ...track.best, neighbors: 9 };
  const row = { ...toRow('gate', track, null), track: JSON.stringify({ ...track, best }) };
  t.deepEqual(trackOf(row), { ...track, best: { ...best, confidence: 0.75 } });
  t.deepEqual(trackOf(toRow('gate', track, null)), track);
});

test('an object that has not moved for long is static, until it moves', (t) => {
  const frames = Array.from({ length: 40 }, () => [sign()]);
  const stood = watch(frames);
  t.is(stood.updates[29]?.tracks[0]?.state, 'present');
  t.is(stood.updates[30]?.tracks[0]?.state, 'static');
  t.deepEqual(stood.events.filter(Boolean), ['+object-1'], 'it is one sighting');
  const moved = watch([...frames, [sign(122)]]);
  t.is(moved.tracks[0]?.state, 'present');
  t.is(moved.tracks[0]?.id, 'object-1');
});

test('a static object that a detector misses for a while has not left', (t) => {
  const stood = Array.from({ length: 40 }, () => [sign()]);
  const gap = (n: number): Detection[][] => Array.from({ length: n }, () => []);
  t.deepEqual(watch([...stood, ...gap(11), [sign()]]).events.filter(Boolean), ['+object-1']);
  t.deepEqual(watch([...stood, ...gap(12)]).events.filter(Boolean), ['+object-1', '-object-1']);
});

test('an object that moves slowly is never static', (t) => {
  const frames = Array.from({ length: 100 }, (_, i) => [sign(100 + i * 3)]);
  const { updates } = watch(frames);
  t.false(updates.some(({ tracks }) => tracks.some(({ state }) => state === 'static')));
  t.is(updates.at(-1)?.tracks.length, 1);
});

test('a change is pending while an object may appear or leave', (t) => {
  const { updates } = watch([[], [sign()], [sign()], [sign()], [], [], []]);
  t.deepEqual(
    updates.map(({ tracks }) => hasPendingChange(tracks)),
    [false, true, false, false, true, true, false],
  );
});

test('the number of tracks is limited', (t) => {
  const crowd = Array.from({ length: 400 }, (_, i) => sign((i % 20) * 60, Math.floor(i / 20) * 60));
  const { updates, tracks } = watch([crowd, crowd, crowd]);
  t.is(tracks.length, MAX_TRACKS);
  t.is(updates[1]?.appeared.length, MAX_TRACKS);
});

const anySettings = fc
  .record({
    appearAfter: fc.integer({ min: 1, max: 4 }),
    extra: fc.integer({ min: 0, max: 3 }),
    leaveAfter: fc.integer({ min: 1, max: 4 }),
    staticAfterSeconds: fc.integer({ min: 10, max: 100 }),
  })
  .map(({ extra, ...rest }) => ({ ...rest, within: rest.appearAfter + extra }));

const anyDetection = fc
  .record({
    x: fc.integer({ min: 0, max: 200 }),
    y: fc.integer({ min: 0, max: 60 }),
    size: fc.integer({ min: 20, max: 80 }),
    label: fc.constantFrom('face', 'stop sign'),
    neighbors: fc.integer({ min: 1, max: 40 }),
  })
  .map(({ x, y, size, label, neighbors }) => sign(x, y, size, { label, neighbors }));

const anyScene = fc.array(fc.array(anyDetection, { maxLength: 6 }), { maxLength: 25 });

test('in any scene an object appears once, then leaves at most once', (t) => {
  fc.assert(
    fc.property(anyScene, anySettings, (frames, more) => {
      const { updates, tracks } = watch(frames, more);
      const appeared = updates.flatMap((step) => step.appeared.map(({ id }) => id));
      const left = updates.flatMap((step) => step.left.map(({ id }) => id));
      const there = tracks.filter(({ state }) => state !== 'tentative').map(({ id }) => id);
      t.is(new Set(appeared).size, appeared.length);
      t.deepEqual([...left, ...there].sort(), [...appeared].sort());
    }),
    { numRuns: 500 },
  );
});

test('in any scene each detection belongs to at most one object and counts once', (t) => {
  fc.assert(
    fc.property(anyScene, anySettings, (frames, more) => {
      let before: Track[] = [];
      for (const [i, { tracks, left }] of watch(frames, more).updates.entries()) {
        const counts = new Map(before.map(({ id, count }) => [id, count]));
        const grown = [...tracks, ...left].filter(({ id, count }) => count > (counts.get(id) ?? 0));
        const boxes = grown.map(({ label, box }) => JSON.stringify([label, box]));
        const shown = (frames[i] ?? []).map(({ label, box }) => JSON.stringify([label, box]));
        t.true(grown.length <= shown.length);
        t.true(boxes.every((box) => shown.includes(box)));
        before = tracks;
      }
    }),
    { numRuns: 500 },
  );
});

test('in any scene earlier tracks are not modified, and times and counts never decrease', (t) => {
  fc.assert(
    fc.property(anyScene, anySettings, (frames, more) => {
      const { updates } = watch(frames, more);
      const last = new Map<string, Track>();
      for (const step of updates)
        for (const track of step.tracks) {
          const earlier = last.get(track.id);
          if (earlier) {
            t.true(track.count >= earlier.count && track.lastSeenAt >= earlier.lastSeenAt);
            t.true((track.best.neighbors ?? 0) >= (earlier.best.neighbors ?? 1));
            t.is(track.startedAt, earlier.startedAt);
          }
          t.true(track.count <= updates.length && track.misses < updates.length + 1);
          last.set(track.id, track);
        }
    }),
    { numRuns: 300 },
  );
});

/** Tracks snapshots with these sizes, whose detections are given as parts of the picture. */
function watchSizes(
  frames: { size: [number, number]; at: [number, number][] }[],
  more: object = {},
) {
  let ids = 0;
  let tracks: Track[] = [];
  const events = frames.map(({ size: [width, height], at }, i) => {
    const side = Math.round(Math.min(width, height) / 6);
    const detections = at.map(([x, y]) =>
      sign(Math.round(x * width), Math.round(y * height), side),
    );
    const frame = {
      image: `image-${i}`,
      takenAt: i * 10 * SECOND,
      detections,
      size: { width, height },
    };
    const update = advance(tracks, frame, settings(more), () => `object-${++ids}`);
    tracks = update.tracks;
    return [...update.appeared.map(({ id }) => `+${id}`), ...update.left.map(({ id }) => `-${id}`)];
  });
  return { events: events.flat(), tracks };
}

test('objects stay the same if the pictures become smaller, and larger again', (t) => {
  const at: [number, number][] = [
    [0.1, 0.2],
    [0.6, 0.5],
  ];
  const day = Array.from({ length: 4 }, () => ({ size: [1920, 1080] as [number, number], at }));
  const night = Array.from({ length: 4 }, () => ({ size: [640, 360] as [number, number], at }));
  const { events, tracks } = watchSizes([...day, ...night, ...day], { staticAfterSeconds: 60 });
  t.deepEqual(events, ['+object-1', '+object-2']);
  t.deepEqual(
    tracks.map(({ state, count }) => [state, count]),
    [
      ['static', 12],
      ['static', 12],
    ],
  );
});

test('a missed object follows the size, too, and one that left is gone', (t) => {
  const seen = (size: [number, number]) => ({ size, at: [[0.3, 0.3]] as [number, number][] });
  const empty = (size: [number, number]) => ({ size, at: [] });
  const small: [number, number] = [320, 180];
  const large: [number, number] = [1280, 720];
  const missed = watchSizes([seen(large), seen(large), empty(small), seen(small)]);
  t.deepEqual(missed.events, ['+object-1']);
  const gone = watchSizes([seen(large), seen(large), empty(small), empty(small), empty(small)]);
  t.deepEqual(gone.events, ['+object-1', '-object-1']);
});

test('objects stay the same if the picture is turned, wherever they are in it then', (t) => {
  const upright = { size: [1280, 720] as [number, number], at: [[0.1, 0.2]] as [number, number][] };
  const turned = { size: [720, 1280] as [number, number], at: [[0.7, 0.1]] as [number, number][] };
  const missed = { ...turned, at: [] };
  const { events, tracks } = watchSizes(
    [upright, upright, upright, turned, turned, upright, missed, turned],
    { staticAfterSeconds: 20 },
  );
  t.deepEqual(events, ['+object-1']);
  t.like(tracks[0], { state: 'static', count: 7, size: { width: 720, height: 1280 } });
});

test('a partial picture ends no sighting, and shows what it shows', (t) => {
  let tracks: Track[] = [];
  const events: string[] = [];
  const show = (detections: Detection[], isPartial: boolean, i: number) => {
    const frame = { image: `image-${i}`, takenAt: i * 10 * SECOND, detections, isPartial };
    const update = advance(tracks, frame, settings(), () => 'object');
    tracks = update.tracks;
    events.push(...update.appeared.map(() => 'appeared'), ...update.left.map(() => 'left'));
  };
  [[sign()], [sign()]].forEach((detections, i) => {
    show(detections, false, i);
  });
  for (let i = 2; i < 20; i++) show([], true, i);
  t.deepEqual(events, ['appeared']);
  t.like(tracks[0], { misses: 0, count: 2 });
  show([sign()], true, 20);
  t.like(tracks[0], { count: 3 });
  for (let i = 21; i < 24; i++) show([], false, i);
  t.deepEqual(events, ['appeared', 'left']);
});
