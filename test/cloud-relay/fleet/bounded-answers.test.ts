import test from 'ava';
import { sql } from 'kysely';
import { commitBatch } from '../../../cloud-relay/ingest/commit-batch.js';
import { aDetection, anArrival } from '../../support/delivery-fixtures.js';
import { startFleet } from '../../support/fleet.js';
import { relayDatabases, withSites } from '../../support/relay-databases.js';

const DAY_MS = 86_400_000;

for (const { name, open } of relayDatabases(test)) {
  test(`a page of large summaries is bounded in bytes, and the next ones have the rest (${name})`, async (t) => {
    const { db, fleet } = await startFleet(t, undefined, undefined, open);
    await withSites(db, 'north');
    const detections = Array.from({ length: 1_000 }, () => aDetection('x'.repeat(64)));
    const takenAt = (seq: number) => new Date(1_700_000_000_000 + seq).toISOString();
    for (let seq = 1; seq <= 60; seq += 10)
      await commitBatch(
        db,
        Array.from({ length: 10 }, (_, i) =>
          anArrival(seq + i, { summary: { detections, takenAt: takenAt(seq + i) } }),
        ),
        0,
      );
    const seen: string[] = [];
    let largest = 0;
    let pages = 0;
    for (let after: string | undefined, isOver = false; !isOver; pages++) {
      const page = await fleet.deliveries.summaries('north', { limit: 1_000, after });
      largest = Math.max(largest, JSON.stringify(page).length);
      seen.push(...page.summaries.map(({ takenAt }) => takenAt));
      after = page.next ?? undefined;
      isOver = page.next === null;
    }
    t.deepEqual(
      seen,
      Array.from({ length: 60 }, (_, i) => takenAt(60 - i)),
    );
    t.true(largest < 2.5 * 1024 * 1024, `${largest} bytes in a page`);
    t.true(pages > 2 && pages < 20, `${pages} pages`);
  });

  test(`daily totals come in pages, and every row once (${name})`, async (t) => {
    const { db, fleet } = await startFleet(t, undefined, undefined, open);
    await withSites(db, 'north');
    const row = (day: number, label: string) => sql`('north', ${day * DAY_MS}, ${label}, 1, 1)`;
    const rows = Array.from({ length: 25 }, (_, i) => row(i % 5, `label ${Math.floor(i / 5)}`));
    await sql`insert into daily_label (site, day, label, summaries, detections)
      values ${sql.join(rows)}`.execute(db);
    const seen: string[] = [];
    for (let after: string | undefined, isOver = false; !isOver; ) {
      const page = await fleet.deliveries.dailyTotals(
        'north',
        { from: 0, to: 10 * DAY_MS, after },
        4,
      );
      t.true(page.days.length <= 4);
      seen.push(...page.days.map(({ day, label }) => `${day / DAY_MS} ${label}`));
      after = page.next ?? undefined;
      isOver = page.next === null;
    }
    t.is(new Set(seen).size, 25);
    t.deepEqual(seen, [...seen].sort());
  });

  test(`the list of sites comes in pages, and totals do not need it (${name})`, async (t) => {
    const { db, fleet, presence } = await startFleet(t, undefined, undefined, open);
    const ids = Array.from({ length: 30 }, (_, i) => `site-${String(i).padStart(2, '0')}`);
    await withSites(db, ...ids);
    await commitBatch(
      db,
      ids.map((site) => anArrival(1, { site })),
      0,
    );
    presence.recordArrived('site-07');
    const seen: string[] = [];
    for (let after: string | undefined, isOver = false; !isOver; ) {
      const { sites, next } = await fleet.listSites({ limit: 7, after });
      seen.push(...sites.map(({ id }) => id));
      t.true(sites.every(({ summaries }) => summaries === 1));
      after = next ?? undefined;
      isOver = next === null;
    }
    t.deepEqual(seen, ids);
    t.deepEqual(await fleet.totals(), { sites: 30, online: 1, summaries: 30, detections: 30 });
  });
}
