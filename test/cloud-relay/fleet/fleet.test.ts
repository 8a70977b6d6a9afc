import test, { type ExecutionContext } from 'ava';
import type { Kysely } from 'kysely';
import type { Fleet } from '../../../cloud-relay/fleet/fleet.js';
import { Presence, STALE_AFTER_MS } from '../../../cloud-relay/fleet/presence.js';
import { commitBatch } from '../../../cloud-relay/ingest/commit-batch.js';
import type { RelayTables } from '../../../cloud-relay/store/relay-tables.js';
import { aDetection, anArrival, log } from '../../support/delivery-fixtures.js';
import { eventually } from '../../support/eventually.js';
import { startFleet } from '../../support/fleet.js';
import { aHealthReport } from '../../support/health-report.js';
import { relayDatabases, withSites } from '../../support/relay-databases.js';

const health = aHealthReport();

const DAY = 86_400_000;
const at = (ms: number) => new Date(ms).toISOString();

const DELIVERED = ['summary', 'sighted_label', 'daily_label', 'ledger', 'absence'] as const;

/** The database breaks off once the site's row and its labels are gone. */
async function cutShortRemoval(t: ExecutionContext, db: Kysely<RelayTables>, fleet: Fleet) {
  await fleet.createSite('north');
  await commitBatch(db, [anArrival(1, { summary: { takenAt: at(0) } }), anArrival(3)], 0);
  await db.schema.alterTable('summary').renameTo('away').execute();
  await t.throwsAsync(fleet.removeSite('north'), { any: true });
  await db.schema.alterTable('away').renameTo('summary').execute();
}

for (const { name, open } of relayDatabases(test)) {
  test(`a site is online while it reports, and stale when its health report is overdue (${name})`, async (t) => {
    let now = 1_000_000;
    const { appliances, fleet, presence } = await startFleet(
      t,
      { admitUnknown: true },
      () => now,
      open,
    );
    const north = { site: 'north' };
    await appliances.publish('siteAvailability', north, 'online');
    await appliances.publish('health', north, health);
    await eventually(() => presence.of('north').health !== null);
    t.like(await fleet.site('north'), { availability: 'online', stale: false, lastSeenAt: now });
    const seen = now;
    now += STALE_AFTER_MS + 1;
    t.like(await fleet.site('north'), { availability: 'online', stale: true, lastSeenAt: seen });
    await appliances.publish('siteAvailability', north, 'offline');
    await eventually(() => presence.of('north').availability === 'offline');
    t.is((await fleet.site('north')).lastSeenAt, seen);
  });

  test(`the time a site was last seen survives a restart of the relay (${name})`, async (t) => {
    const { appliances, presence, db, registry, bus } = await startFleet(
      t,
      undefined,
      undefined,
      open,
    );
    await appliances.publish('siteAvailability', { site: 'north' }, 'online');
    await appliances.publish('health', { site: 'north' }, health);
    await eventually(() => presence.of('north').health !== null);
    const before = presence.of('north');
    await presence.stop();
    const restarted = new Presence(bus, db, registry, log);
    await restarted.start();
    t.teardown(() => restarted.stop());
    t.is(restarted.of('north').lastSeenAt, before.lastSeenAt);
    t.deepEqual(restarted.of('north').health, health);
    t.false(restarted.of('north').stale);
  });

  test(`a site's damaged health report does not keep the relay from starting (${name})`, async (t) => {
    const { db, registry, bus } = await startFleet(t, undefined, undefined, open);
    await withSites(db, 'north', 'south', 'west');
    for (const [id, text] of [
      ['north', '{"status":'],
      ['south', 'null'],
      ['west', '[1]'],
    ] as const)
      await db
        .updateTable('site')
        .set({ health: text, health_at: 1 })
        .where('id', '=', id)
        .execute();
    const presence = new Presence(bus, db, registry, log);
    await presence.start();
    t.teardown(() => presence.stop());
    t.is(presence.of('north').health, null);
    t.is(presence.of('south').health, null);
    t.is(presence.of('west').health, null);
  });

  test(`a site's summaries are listed newest first, page by page, each once (${name})`, async (t) => {
    const { db, fleet } = await startFleet(t, undefined, undefined, open);
    await fleet.createSite('north');
    // Two at each instant, so that pages also end between equals.
    const batch = Array.from({ length: 25 }, (_, i) =>
      anArrival(i + 1, { summary: { takenAt: at(Math.floor(i / 2) * 1000) } }),
    );
    await commitBatch(db, batch, 0);
    const pages: string[][] = [];
    let after: string | undefined;
    do {
      const page = await fleet.deliveries.summaries('north', { limit: 7, after });
      pages.push(page.summaries.map(({ takenAt }) => takenAt));
      after = page.next ?? undefined;
    } while (after);
    t.deepEqual(
      pages.map((page) => page.length),
      [7, 7, 7, 4],
    );
    t.deepEqual(pages.flat(), batch.map(({ record }) => record.summary.takenAt).reverse());
  });

  test(`summaries are filtered by camera, label and time (${name})`, async (t) => {
    const { db, fleet } = await startFleet(t, undefined, undefined, open);
    await withSites(db, 'north', 'south');
    await commitBatch(
      db,
      [
        anArrival(1, { summary: { camera: 'gate', takenAt: at(1000), detections: [] } }),
        anArrival(2, {
          summary: { camera: 'yard', takenAt: at(2000), detections: [aDetection('face')] },
        }),
        anArrival(3, {
          summary: { camera: 'gate', takenAt: at(3000), detections: [aDetection('face')] },
        }),
        anArrival(1, { site: 'south', summary: { takenAt: at(2500) } }),
      ],
      0,
    );
    const times = async (filter: object) =>
      (await fleet.deliveries.summaries('north', { limit: 10, ...filter })).summaries.map((s) =>
        Date.parse(s.takenAt),
      );
    t.deepEqual(await times({}), [3000, 2000, 1000]);
    t.deepEqual(await times({ camera: 'gate' }), [3000, 1000]);
    t.deepEqual(await times({ label: 'face' }), [3000, 2000]);
    t.deepEqual(await times({ label: 'face', camera: 'yard' }), [2000]);
    t.deepEqual(await times({ from: 2000, to: 3000 }), [2000]);
  });

  test(`stored summaries that are damaged are left out of the page (${name})`, async (t) => {
    const { db, fleet } = await startFleet(t, undefined, undefined, open);
    await withSites(db, 'north');
    const damaged = ['{"camera":', 'null', '"text"', '5', '[]'];
    const batch = damaged.map((_, i) => anArrival(i + 1, { summary: { takenAt: at(i * 1000) } }));
    await commitBatch(db, [...batch, anArrival(9, { summary: { takenAt: at(9000) } })], 0);
    for (const [i, payload] of damaged.entries())
      await db
        .updateTable('summary')
        .set({ payload })
        .where('seq', '=', i + 1)
        .execute();
    const { summaries, next } = await fleet.deliveries.summaries('north', { limit: 6 });
    t.deepEqual(
      summaries.map(({ takenAt }) => takenAt),
      [at(9000)],
    );
    t.is(next, null);
    const first = await fleet.deliveries.summaries('north', { limit: 3 });
    t.is(first.summaries.length, 1);
    const second = await fleet.deliveries.summaries('north', { limit: 3, after: first.next ?? '' });
    t.deepEqual(second, { summaries: [], next: null });
  });

  test(`totals count summaries and detections by label and day (${name})`, async (t) => {
    const { db, fleet } = await startFleet(t, undefined, undefined, open);
    await withSites(db, 'north');
    const two = [aDetection('face'), aDetection('face'), aDetection('cat')];
    await commitBatch(
      db,
      [
        anArrival(1, { summary: { takenAt: at(10), detections: two } }),
        anArrival(2, { summary: { takenAt: at(DAY - 1), detections: [aDetection('face')] } }),
        anArrival(3, { summary: { takenAt: at(DAY), detections: [aDetection('face')] } }),
      ],
      0,
    );
    const { days } = await fleet.deliveries.dailyTotals('north', { from: 0, to: 2 * DAY });
    t.deepEqual(days, [
      { day: 0, label: 'cat', summaries: 1, detections: 1 },
      { day: 0, label: 'face', summaries: 2, detections: 3 },
      { day: DAY, label: 'face', summaries: 1, detections: 1 },
    ]);
    t.like(await fleet.site('north'), { summaries: 3, detections: 5 });
  });

  test(`a site can be created once, and its removal leaves nothing of it (${name})`, async (t) => {
    const { db, fleet } = await startFleet(t, { admitUnknown: false }, undefined, open);
    const { password } = await fleet.createSite('north');
    t.regex(password, /^[\w-]{27}$/);
    await t.throwsAsync(fleet.createSite('north'), { code: 'conflict' });
    await commitBatch(
      db,
      [1, 2, 9_000, 20_000].map((seq) => anArrival(seq)),
      0,
    );
    await fleet.removeSite('north');
    for (const table of [
      'site',
      'summary',
      'sighted_label',
      'daily_label',
      'ledger',
      'absence',
    ] as const)
      t.deepEqual(await db.selectFrom(table).selectAll().execute(), [], table);
    await t.throwsAsync(fleet.removeSite('north'), { code: 'not_found' });
    await t.throwsAsync(fleet.deliveries.summaries('north', { limit: 1 }), { code: 'not_found' });
    await fleet.createSite('north');
    t.is((await fleet.listSites()).sites.length, 1);
  });

  test(`repeating an interrupted removal completes it (${name})`, async (t) => {
    const { db, fleet } = await startFleet(t, { admitUnknown: false }, undefined, open);
    await cutShortRemoval(t, db, fleet);
    await fleet.removeSite('north');
    for (const table of DELIVERED)
      t.deepEqual(await db.selectFrom(table).selectAll().execute(), [], table);
    await t.throwsAsync(fleet.removeSite('north'), { code: 'not_found' });
  });

  test(`a site that is created again has nothing from before its interrupted removal (${name})`, async (t) => {
    const { db, fleet } = await startFleet(t, { admitUnknown: false }, undefined, open);
    await cutShortRemoval(t, db, fleet);
    await fleet.createSite('north');
    t.like(await fleet.site('north'), { summaries: 0, detections: 0, lastReceivedAt: null });
    t.deepEqual((await fleet.deliveries.dailyTotals('north', { from: 0, to: DAY })).days, []);
    t.deepEqual(await fleet.deliveries.gaps('north'), { gaps: [], truncated: false });
  });

  test(`a site that reported before it was provisioned keeps what it delivered (${name})`, async (t) => {
    const { db, fleet } = await startFleet(t, undefined, undefined, open);
    await withSites(db, 'north');
    await commitBatch(db, [anArrival(1)], 0);
    await fleet.createSite('north');
    t.like(await fleet.site('north'), { provisioned: true, summaries: 1 });
  });

  test(`a site that is removed while its records are being committed leaves nothing behind (${name})`, async (t) => {
    const { db, fleet } = await startFleet(t, { admitUnknown: false }, undefined, open);
    for (let round = 0; round < 5; round++) {
      await fleet.createSite('north');
      const batches = [1, 2, 3, 4].map((n) =>
        commitBatch(
          db,
          Array.from({ length: 50 }, (_, i) => anArrival(50 * n + i)),
          0,
        ),
      );
      await Promise.all([...batches, fleet.removeSite('north')]);
      for (const table of DELIVERED)
        t.deepEqual(await db.selectFrom(table).selectAll().execute(), [], table);
    }
  });

  test(`an invalid cursor is the caller's error (${name})`, async (t) => {
    const { fleet } = await startFleet(t, undefined, undefined, open);
    await fleet.createSite('north');
    for (const after of ['', 'nonsense', Buffer.from('[1]').toString('base64url')])
      await t.throwsAsync(fleet.deliveries.summaries('north', { limit: 1, after }), {
        code: 'invalid_parameter',
      });
  });
}
