import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { z } from 'zod';
import type { ImagePage } from '../../core/contract/image.js';
import type { SightingPage } from '../../core/contract/sighting.js';
import type { siteStatusSchema, syncSchema } from '../../core/contract/site.js';
import { projectRoot } from '../../core/runtime/project-root.js';
import { ApiClient } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { urlOf } from '../support/program.js';
import { startRelay } from '../support/relay.js';
import { shiftedClock } from '../support/shifted-program.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const API = '/api/v1';
const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
/** Every sweep runs once a minute. */
const SWEEPS_MS = 65_000;
/** An appliance whose broker was away for minutes tries again once a minute. */
const LONGEST_RECONNECT_MS = 120_000;

type Sync = z.infer<typeof syncSchema>;
type Site = z.infer<typeof siteStatusSchema>;

/** An appliance with a camera each second that cannot reach its relay yet, and whose clock the test sets. */
async function setUp(t: ExecutionContext, startOffsetMs = 0) {
  t.timeout(400_000);
  const clock = await shiftedClock(t);
  await clock.setBy(startOffsetMs);
  const folder = await temporaryFolder(t);
  const street = join(folder, 'street');
  await mkdir(street);
  await copyFile(join(projectRoot(), 'samples', '3-sign-near.jpg'), join(street, '1.jpg'));
  const port = await freePort();
  const start = async () => {
    const program = clock.run('edge', [
      `--set=dataFolder=${join(folder, 'data')}`,
      '--set=http={ port: 0, auth: none }',
      '--set=detection.workers=1',
      '--set=images.minFreeMegabytes=0',
      '--set=site=north',
      `--set=mqtt={ url: "mqtt://127.0.0.1:${port}" }`,
      `--set=cameras=[{ id: street, kind: folder, path: ${street}, loop: true, schedule: "* * * * * *", maxAgeDays: 20 }]`,
    ]);
    const api = await ApiClient.connect(await urlOf(program));
    return { program, api };
  };
  let running = await start();
  const get = async <T>(path: string) => (await running.api.get<T>(t, `${API}${path}`)).json;
  const sync = () => get<Sync>('/sync');
  const imageIds = async () => {
    const ids: string[] = [];
    for (let after = ''; ; ) {
      const { images, next } = await get<ImagePage>(`/objectdetection/image?limit=100${after}`);
      ids.push(...images.map(({ id }) => id));
      if (next === null) return ids;
      after = `&after=${next}`;
    }
  };
  return {
    clock,
    port,
    sync,
    imageIds,
    site: () => get<Site>('/site'),
    sightings: async () => (await get<SightingPage>('/sightings')).sightings,
    restart: async () => {
      await running.program.end('SIGKILL');
      running = await start();
    },
    /** While the clock is set by `ms` and after it, no answer takes a second longer than on this machine without that. */
    blocksNothing: async (t: ExecutionContext, ms: number) => {
      const longestAnswer = async () => {
        let longest = 0;
        for (const end = performance.now() + 6_000; performance.now() < end; await sleep(20)) {
          const began = performance.now();
          await fetch(`${running.api.url}/healthz`);
          longest = Math.max(longest, performance.now() - began);
        }
        return longest;
      };
      const usual = await longestAnswer();
      await clock.setBy(ms);
      const longest = await longestAnswer();
      t.true(longest < 1_000 + usual, `an answer took ${longest} ms, before ${usual} ms`);
    },
    records: (count: number) =>
      eventually('summaries', async () => {
        const { lastSeq } = await sync();
        return lastSeq >= count && lastSeq;
      }),
    /** The relay starts at last: it has every summary once. */
    isDelivered: async () => {
      const relay = await startRelay([
        `mqtt={ root: siteglass, embedded: { port: ${port}, auth: none } }`,
      ]);
      t.teardown(() => relay.stop());
      const admin = await ApiClient.connect(relay.url, relay.adminToken);
      const { lastSeq } = await sync();
      await eventually(
        'everything is acknowledged',
        async () => (await sync()).acknowledgedSeq >= lastSeq,
        LONGEST_RECONNECT_MS,
      );
      t.deepEqual((await relay.fleet.deliveries.gaps('north')).gaps, []);
      t.true((await relay.fleet.site('north')).summaries >= lastSeq);
      return admin;
    },
  };
}

async function loseNothing(
  t: ExecutionContext,
  { sync, imageIds }: Awaited<ReturnType<typeof setUp>>,
  before: string[],
  startedAt: number,
) {
  const { evicted, oldestSeconds, depth, lastSeq } = await sync();
  t.is(evicted, 0);
  t.is(depth, lastSeq);
  const waitedSeconds = (performance.now() - startedAt) / 1_000;
  t.true(
    oldestSeconds !== null && Math.abs(oldestSeconds - waitedSeconds) < 20,
    `${oldestSeconds} s instead of ${waitedSeconds}`,
  );
  const left = new Set(await imageIds());
  t.deepEqual(
    before.filter((id) => !left.has(id)),
    [],
    'no image is lost',
  );
}

test('a clock that starts five months back and is then corrected loses no image and no summary, also over a restart', async (t) => {
  const edge = await setUp(t, -150 * DAY_MS);
  const startedAt = performance.now();
  await edge.records(12);
  const before = await edge.imageIds();
  await edge.blocksNothing(t, 150 * DAY_MS);
  const { status, reasons } = await edge.site();
  t.is(status, 'degraded');
  t.true(reasons.some((reason) => /^the clock was set ahead by 150 d/.test(reason)));
  await sleep(SWEEPS_MS);
  await loseNothing(t, edge, before, startedAt);
  await edge.restart();
  const { lastSeq } = await edge.sync();
  await edge.records(lastSeq + 5);
  await sleep(SWEEPS_MS);
  await loseNothing(t, edge, before, startedAt);
  await edge.isDelivered();
});

test('a clock that is 17 years ahead for a minute loses nothing, and no sighting is of that time', async (t) => {
  const edge = await setUp(t);
  const startedAt = performance.now();
  await edge.records(12);
  await edge.blocksNothing(t, 17 * YEAR_MS);
  const before = await edge.imageIds();
  await sleep(SWEEPS_MS);
  const { lastSeq } = await edge.sync();
  await loseNothing(t, edge, before, startedAt);
  await edge.blocksNothing(t, -17 * YEAR_MS);
  await edge.records(lastSeq + 5);
  await sleep(SWEEPS_MS);
  await loseNothing(t, edge, before, startedAt);
  const sightings = await edge.sightings();
  t.true(sightings.length > 0);
  const latest = Date.now() + 60_000;
  for (const { startedAt: began, lastSeenAt, endedAt } of sightings) {
    t.true(Date.parse(lastSeenAt) <= latest && Date.parse(began) <= Date.parse(lastSeenAt));
    t.true(endedAt === null || Date.parse(began) <= Date.parse(endedAt));
  }
  await edge.isDelivered();
});

test('a clock that is set back by a year goes on recording, and what waits keeps its age', async (t) => {
  const edge = await setUp(t);
  const startedAt = performance.now();
  await edge.records(12);
  const before = await edge.imageIds();
  await edge.blocksNothing(t, -YEAR_MS);
  const { lastSeq } = await edge.sync();
  await edge.records(lastSeq + 5);
  await sleep(SWEEPS_MS);
  await loseNothing(t, edge, before, startedAt);
  for (const { startedAt: began, lastSeenAt } of await edge.sightings())
    t.true(Date.parse(began) <= Date.parse(lastSeenAt) && Date.parse(began) > Date.now() - DAY_MS);
  await edge.isDelivered();
});
