import { Readable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { type LiveChanges, liveChangesSchema } from '../../../core/contract/live.js';
import type { SightingEvent } from '../../../core/contract/sighting.js';
import { silentLogger } from '../../../core/runtime/logger.js';
import { TypedEvents } from '../../../core/runtime/typed-events.js';
import type { CameraStatus } from '../../../edge/cameras/camera-status.js';
import { LiveCameras } from '../../../edge/events/live/live-cameras.js';
import { LiveStream, type LiveStreamOptions } from '../../../edge/events/live/live-stream.js';
import type { EdgeEventMap } from '../../../edge/pipeline/edge-events.js';
import { aDetection } from '../../support/delivery-fixtures.js';
import { eventually } from '../../support/eventually.js';
import { aHealthReport } from '../../support/health-report.js';

const ID = '01890000-0000-7000-8000-000000000000';
const box = { x: 1, y: 2, width: 30, height: 40 };

const statusOf = (id: string): CameraStatus => ({
  ...{ id, name: undefined, kind: 'push', state: 'online', circuit: 'closed', lastError: null },
  ...{ lastAttemptAt: null, lastSnapshotAt: null, nextRunAt: null, pictureAgeSeconds: 0 },
  ...{ consecutiveFailures: 0, taken: 0, unchanged: 0, failed: 0, damaged: 0, shed: 0 },
  ...{ outsideWindows: 0, skippedOverlap: 0, backlog: null },
});

const sighting: SightingEvent = {
  ...{ event_type: 'appeared', camera: 'gate', cameraName: null, label: 'cat', confidence: 0.5 },
  ...{ at: '2026-05-01T10:00:00.000Z', lastSeenAt: '2026-05-01T10:00:00.000Z', leftAt: null },
  ...{ startedAt: '2026-05-01T10:00:00.000Z', durationSeconds: 0, count: 1, static: false },
  ...{ sighting: ID, box, zones: [], snapshot: ID, picture: null },
};

async function setUp(t: ExecutionContext, more: Partial<LiveStreamOptions> = {}) {
  const events = new TypedEvents<EdgeEventMap>(silentLogger());
  const ids = ['gate', 'yard'];
  const asked: string[] = [];
  const live = new LiveStream({
    site: 'north',
    cameras: new LiveCameras({
      statuses: () => ids.map(statusOf),
      tracksOf: () => [],
      newest: async (camera) => {
        asked.push(camera);
        return undefined;
      },
    }),
    health: async () => aHealthReport(),
    relay: async () => ({ configured: false, connected: false, lastError: null }),
    ...{ clock: Date.now, log: silentLogger(), roundMs: 20, lookMs: 60_000 },
    ...more,
  });
  live.subscribe(events);
  await live.start();
  t.teardown(() => live.stop());
  const record = (camera: string, detections = 1) =>
    events.emit('snapshotRecorded', {
      ...{
        camera,
        id: ID,
        takenAt: Date.now(),
        kept: true,
        tracks: [],
        events: [sighting],
        bytes: 1,
      },
      analysis: {
        ...{
          width: 640,
          height: 480,
          detectors: [],
          preparation: { workingSize: 0, orientations: [0] },
        },
        detections: Array.from({ length: detections }, aDetection),
        times: { queueMs: 0, decodeMs: 0, detectMs: 0 },
      },
    });
  return { events, live, record, ids, asked };
}

function read(stream: Readable) {
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
  });
  const changes = (): LiveChanges[] =>
    [...text.matchAll(/^event: changes\ndata: (.*)$/gm)].map(([, data = '']) =>
      liveChangesSchema.parse(JSON.parse(data)),
    );
  return { text: () => text, changes };
}

test('changes that come together are one message, and the database is read once for each camera', async (t) => {
  const { live, record, asked } = await setUp(t);
  const pages = [live.open('192.0.2.1', undefined), live.open('192.0.2.2', undefined)].map(read);
  await eventually('the state', () => pages.every(({ text }) => text().includes('event: state')));
  for (let i = 0; i < 50; i++) record(i % 2 === 0 ? 'gate' : 'yard');
  await eventually('changes', () =>
    pages.every(({ changes }) => changes().some(({ sightings }) => sightings)),
  );
  const [message, ...more] = pages[0]?.changes().filter(({ sightings }) => sightings) ?? [];
  t.deepEqual(more, []);
  t.deepEqual(message?.cameras?.map(({ id }) => id).sort(), ['gate', 'yard']);
  t.is(message?.sightings?.length, 50);
  t.deepEqual(asked, ['gate', 'yard']);
});

test('of a picture with very many detections, the strongest are shown', async (t) => {
  const { live, record } = await setUp(t);
  const page = read(live.open('192.0.2.1', undefined));
  record('gate', 130);
  await eventually('the change', () => page.changes().some(({ sightings }) => sightings));
  const seen = page.changes().flatMap(({ cameras = [] }) => cameras);
  const picture = seen.find(({ id, picture }) => id === 'gate' && picture)?.picture;
  t.is(picture?.detections.length, 100);
  t.is(picture?.omitted, 30);
});

test('a camera that is removed is gone, and the order of the others is sent', async (t) => {
  const { live, events, ids } = await setUp(t);
  const page = read(live.open('192.0.2.1', ['gate']));
  await eventually('the state', () => page.text().includes('event: state'));
  events.emit('cameraRemoved', 'yard');
  events.emit('cameraRemoved', 'gate');
  ids.splice(0, 2, 'gate', 'door');
  events.emit('camerasReplaced', []);
  await eventually('the change', () => page.changes().some(({ order }) => order));
  const { removed, order } = page.changes().find((change) => change.order) ?? {};
  t.deepEqual(removed, ['gate'], 'what the client may not see is not named either');
  t.deepEqual(order, ['gate']);
});

test('what a slow client has not read is merged, and is bounded', async (t) => {
  const { live, record } = await setUp(t, { roundMs: 1 });
  const stream = live.open('192.0.2.1', undefined);
  const rounds = 400;
  for (let i = 0; i < rounds; i++) {
    record('gate', 100);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
  t.true(stream.readableLength < 200_000, 'what waits in memory');
  const page = read(stream);
  await eventually('all of it', () => {
    const seen = page.changes();
    const told = seen.reduce(
      (sum, { sightings = [], missed = 0 }) => sum + sightings.length + missed,
      0,
    );
    return told === rounds;
  });
  t.true(page.changes().length < 20);
  t.true(page.changes().some(({ missed = 0 }) => missed > 0));
});

test('a client that reads nothing is disconnected, and a stop ends the others', async (t) => {
  const { live, record } = await setUp(t, { patienceMs: 150, heartbeatMs: 50 });
  const stalled = live.open('192.0.2.1', undefined);
  const page = live.open('192.0.2.2', undefined);
  const reader = read(page);
  const filler = setInterval(() => record('gate', 100), 5);
  t.teardown(() => clearInterval(filler));
  await eventually('the end of the stalled one', () => stalled.destroyed);
  t.false(page.destroyed);
  await live.stop();
  await eventually('the end', () => page.destroyed || page.readableEnded);
  t.true(reader.text().includes('event: state'));
  t.throws(() => live.open('192.0.2.1', undefined), { message: /stopping/ });
  t.true(stalled instanceof Readable);
});

test('a client that is shown nothing new hears that the connection is there, also one of few cameras', async (t) => {
  const { live } = await setUp(t, { heartbeatMs: 30 });
  const page = read(live.open('192.0.2.1', ['yard']));
  await eventually('heartbeats', () => page.changes().length >= 4);
  // The first changes may be those of the start.
  for (const change of page.changes().slice(1)) t.deepEqual(Object.keys(change), ['at']);
});
