import test from 'ava';
import { sql } from 'kysely';
import { removeDelivered } from '../../../cloud-relay/store/remove-delivered.js';
import { newestSummaries } from '../../../cloud-relay/store/summary-table.js';
import { EPOCH, relayDatabase } from '../../support/delivery-fixtures.js';
import { withSites } from '../../support/relay-databases.js';

const ROWS = 40_000;

/** A database with a long history of one site. Every 1,000th summary is of the camera `rare`. */
async function longHistory(t: Parameters<typeof relayDatabase>[0]) {
  const db = await withSites(await relayDatabase(t), 'north');
  const numbers = sql`(with recursive numbers(n) as
    (select 0 union all select n + 1 from numbers where n < ${sql.lit(ROWS - 1)}) select n from numbers)`;
  await sql`insert into summary (site, epoch, seq, camera, snapshot, taken_at, received_at, payload)
    select 'north', ${EPOCH}, n + 1, case when n % 1000 = 0 then 'rare' else 'gate' end,
      printf('%036x', n), n, n, '{}' from ${numbers}`.execute(db);
  await sql`insert into sighted_label (site, label, taken_at, snapshot, received_at)
    select site, 'face', taken_at, snapshot, received_at from summary`.execute(db);
  return db;
}

/** How often a timer ran while `work` did, and whether it was kept from it for most of the time. */
async function turnsDuring(work: () => Promise<unknown>) {
  const began = performance.now();
  let last = began;
  let longest = 0;
  let turns = 0;
  const timer = setInterval(() => {
    turns++;
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  await work();
  clearInterval(timer);
  longest = Math.max(longest, performance.now() - last);
  return { turns, share: longest / (performance.now() - began) };
}

test('the removal of a long history lets other work run all the time', async (t) => {
  const db = await longHistory(t);
  const { turns, share } = await turnsDuring(() => removeDelivered(db, 'north', 1));
  t.true(turns > 10, `${turns} turns`);
  t.true(share < 0.5, `${share} of the time in one go`);
  const left = await db.selectFrom('summary').selectAll().execute();
  t.deepEqual(left, []);
});

test('a page of a label at a camera reads a long history in slices, and finds each summary once', async (t) => {
  const db = await longHistory(t);
  const filter = { label: 'face', camera: 'rare' };
  let first: Awaited<ReturnType<typeof newestSummaries>> = [];
  const { turns } = await turnsDuring(async () => {
    first = await newestSummaries(db, 'north', filter, 25);
  });
  t.true(turns > 1, `${turns} turns`);
  t.is(first.length, 25);
  const last = first.at(-1);
  const second = await newestSummaries(db, 'north', filter, 25, {
    takenAt: last?.taken_at ?? 0,
    snapshot: last?.snapshot ?? '',
  });
  t.deepEqual(
    [...first, ...second].map(({ taken_at }) => taken_at),
    Array.from({ length: 40 }, (_, i) => ROWS - 1_000 * (i + 1)),
  );
  t.deepEqual(await newestSummaries(db, 'north', { label: 'face', camera: 'none' }, 25), []);
});
