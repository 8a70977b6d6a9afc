import { isDeepStrictEqual } from 'node:util';
import test from 'ava';
import type { Kysely } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { Arrival } from '../../../cloud-relay/ingest/arrival.js';
import { commitBatch } from '../../../cloud-relay/ingest/commit-batch.js';
import { Ingest } from '../../../cloud-relay/ingest/ingest.js';
import { SiteBudgets } from '../../../cloud-relay/ingest/site-budgets.js';
import type { RelayTables } from '../../../cloud-relay/store/relay-tables.js';
import { newestSummaries } from '../../../cloud-relay/store/summary-table.js';
import { aDetection, anArrival, log } from '../../support/delivery-fixtures.js';
import { eventually } from '../../support/eventually.js';
import { startFleet } from '../../support/fleet.js';
import { relayDatabases, withSites } from '../../support/relay-databases.js';

const NOW = Date.parse('2026-05-01T12:00:00Z');
const DAY_MS = 86_400_000;

const labelled = (seq: number, labels: string[], site = 'north') =>
  anArrival(seq, {
    site,
    summary: { takenAt: new Date(NOW).toISOString(), detections: labels.map((l) => aDetection(l)) },
  });

async function deliver(db: Kysely<RelayTables>, budgets: SiteBudgets, arrivals: Arrival[]) {
  const { admitted, refused } = await budgets.admit(arrivals, NOW);
  if (admitted.length > 0) await commitBatch(db, admitted, NOW);
  return { admitted, refused };
}

const countOf = async (db: Kysely<RelayTables>, table: 'daily_label' | 'ledger' | 'summary') =>
  (await db.selectFrom(table).selectAll().execute()).length;

for (const { name, open } of relayDatabases(test)) {
  test(`labels beyond the budget of a site are counted and found as other; no summary is lost, and other sites keep theirs (${name})`, async (t) => {
    const db = await withSites(await open(t), 'north', 'south');
    const budgets = new SiteBudgets(db, log, { labels: 100 });
    let seq = 0;
    for (let i = 0; i < 40; i++)
      await deliver(db, budgets, [
        labelled(
          ++seq,
          Array.from({ length: 64 }, (_, j) => `label ${i * 64 + j}`),
        ),
        labelled(seq, ['face', `face ${i % 3}`], 'south'),
      ]);
    const rows = await db.selectFrom('daily_label').selectAll().execute();
    t.is(rows.filter(({ site }) => site === 'north').length, 101);
    t.is(rows.filter(({ site }) => site === 'south').length, 4, 'an honest site is as it was');
    t.is(await countOf(db, 'summary'), 80);
    const others = rows.find(({ site, label }) => site === 'north' && label === 'other');
    t.is(others?.detections, 40 * 64 - 100);
    t.is((await newestSummaries(db, 'north', { label: 'other' }, 100)).length, 39);
    t.true(budgets.counts.collapsed >= 38);
    // A label that is known stays as it is, also for a relay that has just started.
    await deliver(db, new SiteBudgets(db, log, { labels: 100 }), [
      labelled(41, ['label 3', 'label 900']),
    ]);
    t.is((await newestSummaries(db, 'north', { label: 'label 3' }, 10)).length, 2);
  });

  test(`2,000 epochs in a few seconds: those beyond the budget wait at the site, until a day has passed (${name})`, async (t) => {
    const db = await withSites(await open(t), 'north', 'south');
    const budgets = new SiteBudgets(db, log, { epochsPerDay: 10, epochs: 15 });
    const ofEpoch = (site: string) => anArrival(1, { site, epoch: uuid().replace(/-7/, '-4') });
    for (let i = 0; i < 20; i++)
      await deliver(
        db,
        budgets,
        Array.from({ length: 100 }, () => ofEpoch('north')),
      );
    const { admitted } = await deliver(db, budgets, [ofEpoch('south')]);
    t.is(admitted.length, 1);
    t.is(await countOf(db, 'ledger'), 11);
    t.is(budgets.counts.overBudget, 1_990);
    const nextDay = await budgets.admit(
      Array.from({ length: 100 }, () => ofEpoch('north')),
      NOW + DAY_MS + 1,
    );
    t.is(nextDay.admitted.length, 5, 'up to those of all time');
    t.deepEqual(nextDay.refused, [], 'nothing is set aside');
  });

  test(`cameras beyond the budget are refused; what a site delivers beyond its day waits (${name})`, async (t) => {
    const db = await withSites(await open(t), 'north');
    const budgets = new SiteBudgets(db, log, { cameras: 2, recordsPerDay: 5 });
    const ofCamera = (seq: number, camera: string) => anArrival(seq, { summary: { camera } });
    const first = await deliver(
      db,
      budgets,
      ['a', 'b', 'c', 'a'].map((camera, i) => ofCamera(i + 1, camera)),
    );
    t.is(first.admitted.length, 3);
    t.deepEqual(
      first.refused.map(({ refusal: { seq, reason } }) => [seq, reason]),
      [[3, 'the site has reported 2 cameras']],
    );
    const more = await deliver(
      db,
      budgets,
      [5, 6, 7, 8].map((seq) => ofCamera(seq, 'a')),
    );
    t.is(more.admitted.length, 2);
    const restarted = new SiteBudgets(db, log, { recordsPerDay: 5 });
    t.is((await restarted.admit([ofCamera(9, 'a')], NOW)).admitted.length, 0);
    t.is((await restarted.admit([ofCamera(9, 'a')], NOW + DAY_MS)).admitted.length, 1);
  });

  test(`bytes are bounded by day and in all (${name})`, async (t) => {
    const db = await withSites(await open(t), 'north');
    const big = (seq: number) => labelled(seq, Array<string>(1_000).fill('face'));
    const budgets = new SiteBudgets(db, log, { bytesPerDay: 1_000_000, bytes: 1_500_000 });
    const { admitted } = await deliver(
      db,
      budgets,
      Array.from({ length: 10 }, (_, i) => big(i + 1)),
    );
    t.is(admitted.length, 5, 'the record that passes the bound is the last one');
    const nextDay = await budgets.admit(
      Array.from({ length: 10 }, (_, i) => big(i + 11)),
      NOW + DAY_MS,
    );
    t.is(nextDay.admitted.length, 3);
  });

  test(`the size of a record does not matter: a small one does not pass a large one that waits (${name})`, async (t) => {
    const db = await withSites(await open(t), 'north');
    const budgets = new SiteBudgets(db, log, { bytesPerDay: 210_000 });
    const big = (seq: number) => labelled(seq, Array<string>(1_000).fill('face'));
    const small = (seq: number) => labelled(seq, []);
    const { admitted, held } = await budgets.admit(
      [big(1), small(2), big(3), small(4), small(5)],
      NOW,
    );
    t.deepEqual(
      [admitted, held].map((list) => list.map(({ record }) => record.seq)),
      [
        [1, 2, 3],
        [4, 5],
      ],
    );
  });

  test(`an appliance hears which records arrived and wait for its budget (${name})`, async (t) => {
    const { db, bus, appliances, registry } = await startFleet(
      t,
      { admitUnknown: true },
      undefined,
      open,
    );
    const ingest = new Ingest(bus, db, registry, log, {
      lingerMs: 1,
      budgets: { recordsPerDay: 2 },
    });
    await ingest.start();
    const acknowledged: unknown[] = [];
    appliances.subscribe('ack', { site: 'north' }, ({ payload: { seq, ahead, held } }) => {
      acknowledged.push({ seq, ahead, held });
    });
    for (const [i, seq] of [1, 3, 2].entries()) {
      await appliances.publish('up', { site: 'north' }, anArrival(seq, { first: 1 }).record);
      await eventually(() => {
        const { committed, overBudget } = ingest.status();
        return committed + overBudget === i + 1;
      });
    }
    const expected = { seq: 1, ahead: [[3, 3]], held: [2] };
    await eventually(() => acknowledged.some((ack) => isDeepStrictEqual(ack, expected)));
    t.is(ingest.status().overBudget, 1);
  });

  test(`a site of which nothing is stored because of its budget hears that, and was never received from (${name})`, async (t) => {
    const { db, bus, appliances, registry, fleet } = await startFleet(
      t,
      { admitUnknown: true },
      undefined,
      open,
    );
    const ingest = new Ingest(bus, db, registry, log, { lingerMs: 1, budgets: { epochs: 0 } });
    await ingest.start();
    const held: unknown[] = [];
    appliances.subscribe('ack', { site: 'north' }, ({ payload }) => {
      held.push([payload.seq, payload.held]);
    });
    const { record } = anArrival(1, { first: 1 });
    await appliances.publish('up', { site: 'north' }, record);
    await eventually(() => held.length > 0);
    t.deepEqual(held, [[0, [1]]]);
    const { summaries, lastReceivedAt, overBudget } = await fleet.site('north');
    t.deepEqual({ summaries, lastReceivedAt }, { summaries: 0, lastReceivedAt: null });
    t.regex(overBudget ?? '', /too many epochs/);
    const admitting = new SiteBudgets(db, log);
    await deliver(db, admitting, [anArrival(1)]);
    t.is((await fleet.site('north')).lastReceivedAt, NOW);
  });

  test(`the list of sites shows what a site sends beyond its budget, for an hour (${name})`, async (t) => {
    let now = NOW;
    const { db, fleet } = await startFleet(t, { admitUnknown: true }, () => now, open);
    await withSites(db, 'north', 'south');
    const budgets = new SiteBudgets(db, log, { labels: 1 });
    await deliver(db, budgets, [labelled(1, ['a', 'b']), labelled(1, ['a'], 'south')]);
    const { sites } = await fleet.listSites();
    t.deepEqual(
      sites.map(({ id, overBudget, summaries }) => [id, overBudget, summaries]),
      [
        ['north', 'it uses too many different labels; further ones are counted as other', 1],
        ['south', null, 1],
      ],
    );
    now += 3_600_001;
    t.is((await fleet.site('north')).overBudget, null);
  });
}
