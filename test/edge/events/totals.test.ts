import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { SightingTotal } from '../../../core/contract/totals.js';
import { openDatabase } from '../../../core/store/database.js';
import { dayBounds } from '../../../edge/events/time-slots.js';
import { Totals } from '../../../edge/events/totals.js';
import { retainedRows } from '../../../edge/retention/retained-rows.js';
import { edgeMigrations } from '../../../edge/store/migrations.js';
import { HOUR_MS, sightingHourTable } from '../../../edge/store/sighting-hour-table.js';
import type { EdgeTables } from '../../../edge/store/tables.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const at = (text: string) => Date.parse(text);
const DAY = 24 * HOUR_MS;

async function open(t: ExecutionContext) {
  const file = join(await temporaryFolder(t), 'edge.db');
  const { db, close } = await openDatabase<EdgeTables>(file, edgeMigrations);
  t.teardown(close);
  return db;
}

test('days are those of the reader’s zone, also when clocks change and in a zone with half hours', async (t) => {
  const db = await open(t);
  for (const time of [
    '2026-10-24T21:30:00Z',
    '2026-10-24T22:10:00Z',
    '2026-10-25T22:59:00Z',
    '2026-10-25T23:00:00Z',
  ])
    await sightingHourTable.count(db, 'gate', [{ label: 'car', startedAt: at(time) }]);
  const totals = new Totals(db, () => at('2026-10-27T00:00:00Z'));
  const days = async (timeZone: string) =>
    (await totals.read({ per: 'day', timeZone })).totals.map(({ day, sightings }) => [
      day,
      sightings,
    ]);
  // 25 October has 25 hours there: from 22:00 to 23:00 on the next day in UTC.
  t.deepEqual(await days('Europe/Berlin'), [
    ['2026-10-24', 1],
    ['2026-10-25', 2],
    ['2026-10-26', 1],
  ]);
  t.deepEqual(await days('UTC'), [
    ['2026-10-24', 2],
    ['2026-10-25', 2],
  ]);
  // Midnight is at 18:30 in UTC: the hour from 18:00 belongs to the day in which it begins.
  await sightingHourTable.count(db, 'gate', [
    { label: 'dog', startedAt: at('2026-10-20T18:45:00Z') },
  ]);
  const kolkata = await totals.read({ per: 'day', timeZone: 'Asia/Kolkata', label: ['dog'] });
  t.deepEqual(
    kolkata.totals.map(({ day }) => day),
    ['2026-10-20'],
  );
});

test('a day of a film begins and ends at the midnights of its zone', (t) => {
  const hours = (day: string, zone: string) => {
    const { from, to } = dayBounds(day, zone);
    return [new Date(from).toISOString(), (to - from) / HOUR_MS];
  };
  t.deepEqual(hours('2026-10-25', 'Europe/Berlin'), ['2026-10-24T22:00:00.000Z', 25]);
  t.deepEqual(hours('2026-03-29', 'Europe/Berlin'), ['2026-03-28T23:00:00.000Z', 23]);
  t.deepEqual(hours('2026-03-29', 'Asia/Kolkata'), ['2026-03-28T18:30:00.000Z', 24]);
  t.deepEqual(hours('2026-03-29', 'UTC'), ['2026-03-29T00:00:00.000Z', 24]);
});

test('totals outlast 13 months and the sightings, and then go', async (t) => {
  const db = await open(t);
  const now = at('2026-11-20T12:00:00Z');
  for (const days of [0, 396, 399, 401, 500])
    await sightingHourTable.count(db, 'gate', [{ label: 'car', startedAt: now - days * DAY }]);
  const rows = retainedRows(db, 30 * DAY, () => now).find(({ name }) => name === 'totals');
  t.is(await rows?.removeSome(25), 2);
  t.is(await rows?.removeSome(25), 0);
  const { totals } = await new Totals(db, () => now + 1).read({
    ...{ per: 'hour', timeZone: 'UTC' },
    from: '2020-01-01T00:00:00.000Z',
  });
  t.is(totals.length, 3);
  // Beyond the bound, the oldest go first.
  t.is(await sightingHourTable.removeOld(db, 0, 1, 25), 2);
  t.deepEqual(
    (await db.selectFrom('sighting_hour').select('hour').execute()).map(({ hour }) => hour),
    [now / HOUR_MS],
  );
});

test('totals of a long time are read in parts, none of which holds up others for long', async (t) => {
  const db = await open(t);
  const end = at('2026-11-27T00:00:00Z');
  const rows = Array.from({ length: 31 * 24 * 30 }, (_, i) => ({
    hour: end / HOUR_MS - 1 - Math.floor(i / 30),
    ...{ camera: `camera-${i % 30}`, label: 'car', sightings: 2 },
  }));
  for (let i = 0; i < rows.length; i += 500)
    await db
      .insertInto('sighting_hour')
      .values(rows.slice(i, i + 500))
      .execute();
  const list = sightingHourTable.list;
  const parts: number[] = [];
  t.teardown(() => {
    sightingHourTable.list = list;
  });
  sightingHourTable.list = async (...args) => {
    const found = await list(...args);
    parts.push(found.length);
    return found;
  };
  const { totals } = await new Totals(db, () => end).read({ per: 'day', timeZone: 'UTC' });
  t.is(totals.length, 31 * 30);
  t.true(totals.every(({ sightings }) => sightings === 48));
  t.true(parts.length > 1, 'more than one statement');
  t.is(
    parts.reduce((sum, length) => sum + length, 0),
    rows.length,
  );
});

test.serial(
  'a page of totals ends before it is too large; the pages together are all of them, each once',
  async (t) => {
    const db = await open(t);
    const end = at('2026-11-27T00:00:00Z');
    const rows = Array.from({ length: 72 * 20 }, (_, i) => ({
      hour: end / HOUR_MS - 1 - Math.floor(i / 20),
      // Not in the order of JavaScript's strings.
      ...{
        camera: `camera-${i % 5}`,
        label: ['car', 'Ärger', '🐈', '｡'][i % 4] ?? '',
        sightings: 1,
      },
    }));
    for (let i = 0; i < rows.length; i += 480)
      await db
        .insertInto('sighting_hour')
        .values(rows.slice(i, i + 480))
        .execute();
    let now = end;
    for (const [per, timeZone] of [
      ['hour', 'UTC'],
      ['day', 'Europe/Berlin'],
    ] as const) {
      const whole = await new Totals(db, () => end).read({ per, timeZone });
      t.is(whole.next, null);
      const small = new Totals(db, () => now, 700);
      const found: SightingTotal[] = [];
      let pages = 0;
      for (let after: string | undefined; ; pages++) {
        const page = await small.read({ per, timeZone, ...(after && { after }) });
        t.true(JSON.stringify(page.totals).length < 900);
        t.deepEqual([page.from, page.to], [whole.from, whole.to], 'also while time goes on');
        found.push(...page.totals);
        now += HOUR_MS;
        if (page.next === null) break;
        after = page.next;
      }
      t.true(pages > 5);
      t.deepEqual(found, whole.totals);
      now = end;
    }
    await t.throwsAsync(
      new Totals(db, () => end).read({ per: 'hour', timeZone: 'UTC', after: 'x' }),
      {
        message: /after: expected the `next` of a page/,
      },
    );
  },
);
