import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Kysely, sql } from 'kysely';
import { relayMigrations } from '../cloud-relay/store/migrations.js';
import { preparePartitions } from '../cloud-relay/store/partitions.js';
import type { RelayTables } from '../cloud-relay/store/relay-tables.js';
import { newestSummaries, type SummaryFilter } from '../cloud-relay/store/summary-table.js';
import { openDatabase, openSharedDatabase } from '../core/store/database.js';
import { isPostgres } from '../core/store/dialect.js';
import { startPostgres } from '../test/support/postgres.js';
import { temporaryFolder } from '../test/support/temporary-folder.js';
import { percentiles, printFigures, printTable, type Row } from './support/report.js';

/**
 * A page of a site's summaries out of a long history: with a tenth of the rows, then with all of them. What an index
 * answers costs the same both times.
 */

// Debian packages: postgresql
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '2000000' },
    sites: { type: 'string', default: '20' },
    asks: { type: 'string', default: '200' },
  },
});
const rows = Number(values.rows);
const sites = Number(values.sites);
const asks = Number(values.asks);

const CAMERAS = 8;
const MONTHS = 12;
const END = Date.UTC(2026, 10, 1);
const BEGAN = Date.UTC(2025, 10, 1);

/** Every 20th summary shows a stop sign, every 2,000th a cat; the camera `rare` is in one of 100,000. */
async function fill(db: Kysely<RelayTables>, from: number, to: number): Promise<void> {
  const step = (END - BEGAN) / rows;
  const at = sql.raw(`${BEGAN} + cast(n * ${step} as bigint)`);
  const site = sql.raw(`'site-' || (n % ${sites})`);
  const camera = sql.raw(
    `case when n % 100000 = 7 then 'rare' else 'camera-' || (n / ${sites} % ${CAMERAS}) end`,
  );
  const snapshot = sql.raw(isPostgres(db) ? "lpad(to_hex(n), 36, '0')" : "printf('%036x', n)");
  const payload = sql.lit(
    JSON.stringify({ camera: 'x', width: 979, height: 551, pad: 'x'.repeat(250) }),
  );
  const numbers = isPostgres(db)
    ? sql`generate_series(${sql.lit(from)}::bigint, ${sql.lit(to - 1)}::bigint) as numbers(n)`
    : sql`(with recursive numbers(n) as
        (select ${sql.lit(from)} union all select n + 1 from numbers where n < ${sql.lit(to - 1)})
        select n from numbers)`;
  await sql`insert into summary (site, epoch, seq, camera, snapshot, taken_at, received_at, payload)
    select ${site}, 'epoch', n, ${camera}, ${snapshot}, ${at}, ${at}, ${payload} from ${numbers}`.execute(
    db,
  );
  await sql`insert into sighted_label (site, label, taken_at, snapshot, received_at)
    select ${site}, case when n / ${sites} % 2000 = 3 then 'cat' else 'stop sign' end, ${at}, ${snapshot}, ${at}
    from ${numbers} where n / ${sql.lit(sites)} % 20 = 3`.execute(db);
}

const WEEK_MS = 7 * 86_400_000;

/** What is asked for, each time of another site. */
const QUESTIONS: Record<string, (random: number) => { filter: SummaryFilter; deep?: boolean }> = {
  newest: () => ({ filter: {} }),
  'a week': (random) => {
    const from = BEGAN + random * (END - BEGAN - WEEK_MS);
    return { filter: { from: Math.floor(from), to: Math.floor(from + WEEK_MS) } };
  },
  'after a cursor': () => ({ filter: {}, deep: true }),
  'a camera': () => ({ filter: { camera: 'camera-3' } }),
  'a rare camera': () => ({ filter: { camera: 'rare' } }),
  'a label': () => ({ filter: { label: 'stop sign' } }),
  'a rare label': () => ({ filter: { label: 'cat' } }),
  'a label never seen': () => ({ filter: { label: 'train' } }),
};

async function ask(db: Kysely<RelayTables>): Promise<Record<string, number>> {
  const medians: Record<string, number> = {};
  for (const [question, make] of Object.entries(QUESTIONS)) {
    const samples: number[] = [];
    const until = performance.now() + 10_000;
    for (let i = 0; i < asks && performance.now() < until; i++) {
      const random = (i * 0.618) % 1;
      const { filter, deep } = make(random);
      const position = deep
        ? { takenAt: Math.floor(BEGAN + random * (END - BEGAN)), snapshot: '' }
        : undefined;
      const began = performance.now();
      await newestSummaries(db, `site-${i % sites}`, filter, 51, position);
      samples.push(performance.now() - began);
    }
    medians[question] = percentiles(samples).p50;
  }
  return medians;
}

async function measure(name: string, db: Kysely<RelayTables>): Promise<Record<string, number>> {
  if (isPostgres(db))
    for (let month = 0; month <= MONTHS; month += 3)
      await preparePartitions(db, Date.UTC(2025, 10 + month, 15));
  const analyse = () => sql.raw('analyze').execute(db);
  await fill(db, 0, rows / 10);
  await analyse();
  const few = await ask(db);
  const began = performance.now();
  for (let from = rows / 10; from < rows; from += rows / 10) await fill(db, from, from + rows / 10);
  console.log(
    `${name}: ${rows} summaries, filled in ${Math.round((performance.now() - began) / 1000)} s`,
  );
  await analyse();
  const many = await ask(db);
  for (const [question, ms] of Object.entries(many))
    table.push({
      database: name,
      'a page of': question,
      [`ms at ${rows / 10}`]: few[question] ?? 0,
      [`ms at ${rows}`]: ms,
    });
  return many;
}

const table: Row[] = [];
const folder = await temporaryFolder();
const postgres = startPostgres();
try {
  const lite = await openDatabase<RelayTables>(join(folder, 'relay.db'), relayMigrations);
  const sqlite = await measure('SQLite', lite.db);
  await lite.close();
  const shared = await openSharedDatabase<RelayTables>(
    await postgres.createDatabase(),
    relayMigrations,
    () => undefined,
  );
  const large = await measure('PostgreSQL', shared.db);
  await shared.close();
  printTable(table);
  printFigures('history', {
    rows,
    sqliteSlowestMs: Math.max(...Object.values(sqlite)),
    postgresSlowestMs: Math.max(...Object.values(large)),
  });
} finally {
  postgres.stop();
}
