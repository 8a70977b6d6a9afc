import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Kysely, sql } from 'kysely';
import { commitBatch } from '../cloud-relay/ingest/commit-batch.js';
import { SummaryRetention } from '../cloud-relay/ingest/summary-retention.js';
import { dailyTotals } from '../cloud-relay/store/daily-label-table.js';
import { newestGaps } from '../cloud-relay/store/gap-table.js';
import { relayMigrations } from '../cloud-relay/store/migrations.js';
import type { RelayTables } from '../cloud-relay/store/relay-tables.js';
import { removeDelivered } from '../cloud-relay/store/remove-delivered.js';
import { sumOfTotals } from '../cloud-relay/store/site-total-table.js';
import { camerasOf, newestSummaries } from '../cloud-relay/store/summary-table.js';
import { silentLogger } from '../core/runtime/logger.js';
import { Checkpointer } from '../core/store/checkpointer.js';
import { openDatabase } from '../core/store/database.js';
import { StatementTimer } from '../core/store/statement-timer.js';
import { anArrival, EPOCH } from '../test/support/delivery-fixtures.js';
import { temporaryFolder } from '../test/support/temporary-folder.js';
import { printFigures, printTable, type Row } from './support/report.js';

/**
 * How long the relay's SQLite database keeps the process waiting: for each kind of work on a filled database, the
 * longest statement, and the longest time in which no timer ran.
 */

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    /** Of a database that is kept between runs. */
    folder: { type: 'string' },
  },
});
const rows = Number(values.rows);
const folder = values.folder ?? (await temporaryFolder());

const SITES = 4;
const BEGAN = Date.UTC(2025, 10, 1);
const SECOND_MS = 1_000;
const END = BEGAN + rows * SECOND_MS;

async function fill(db: Kysely<RelayTables>): Promise<void> {
  const numbers = (count: number) => sql`(with recursive numbers(n) as
    (select 0 union all select n + 1 from numbers where n < ${sql.lit(count - 1)})
    select n from numbers)`;
  const site = sql.raw(`'site-' || (n % ${SITES})`);
  const at = sql.raw(`${BEGAN} + n * ${SECOND_MS}`);
  const payload = sql.lit(JSON.stringify({ camera: 'x', detections: [], pad: 'x'.repeat(400) }));
  for (let i = 0; i < SITES; i++)
    await sql`insert into site (id, created_at) values (${`site-${i}`}, 0)`.execute(db);
  await sql`insert into summary (site, epoch, seq, camera, snapshot, taken_at, received_at, payload)
    select ${site}, ${sql.lit(EPOCH)}, n / ${sql.lit(SITES)} + 1, 'camera-' || (n / ${sql.lit(SITES)} % 16),
      printf('%036x', n), ${at}, ${at}, ${payload} from ${numbers(rows)}`.execute(db);
  await sql`insert into sighted_label (site, label, taken_at, snapshot, received_at)
    select site, 'person', taken_at, snapshot, received_at from summary`.execute(db);
  await sql`insert into daily_label (site, day, label, summaries, detections)
    select site, taken_at - taken_at % 86400000, label, count(*), count(*) from sighted_label
    group by 1, 2, 3`.execute(db);
  await sql`insert into absence (site, epoch, from_seq, to_seq, noticed_at, reason)
    select ${site}, ${sql.lit(EPOCH)}, ${sql.lit(rows)} + 2 * n, ${sql.lit(rows)} + 2 * n, ${at}, 'age'
    from ${numbers(Math.ceil(rows / 5))}`.execute(db);
}

const file = join(folder, 'relay.db');
const isNew = !existsSync(file);
const timer = new StatementTimer();
const { db, sqlite, close } = await openDatabase<RelayTables>(
  file,
  relayMigrations,
  undefined,
  timer,
);
if (isNew) await fill(db);
const checkpointer = new Checkpointer(file, sqlite, silentLogger());
checkpointer.start();

const table: Row[] = [];

async function measure(work: string, run: () => Promise<unknown>): Promise<void> {
  timer.reset();
  const began = performance.now();
  let last = began;
  let stall = 0;
  const ticker = setInterval(() => {
    const now = performance.now();
    stall = Math.max(stall, now - last);
    last = now;
  }, 1);
  await run();
  const ms = performance.now() - began;
  await sleep(5);
  clearInterval(ticker);
  const { ms: statementMs, statement } = timer.longest;
  table.push({
    work,
    'ms in all': ms,
    'longest statement': statementMs,
    'longest stall': stall,
    statement: statement.slice(0, 50),
  });
}

const retention = (keepMs: number) =>
  new SummaryRetention(db, keepMs, silentLogger(), () => END).sweep();
const batch = (first: number) =>
  Array.from({ length: 400 }, (_, i) =>
    anArrival(first + i, {
      site: `site-${i % 3}`,
      epoch: '6f0e3c0e-5b9b-4f0e-9a53-0d3bd0a3c009',
      summary: { takenAt: new Date(BEGAN + ((i * 7_919) % rows) * SECOND_MS).toISOString() },
    }),
  );

try {
  await measure('a page', () => newestSummaries(db, 'site-1', {}, 100));
  await measure('a page of a camera', () =>
    newestSummaries(db, 'site-1', { camera: 'camera-3' }, 100),
  );
  for (const camera of ['camera-3', 'none'])
    await measure(`a page of a label at ${camera}`, () =>
      newestSummaries(db, 'site-1', { label: 'person', camera }, 100),
    );
  await measure('cameras', () => camerasOf(db, 'site-1'));
  await measure('totals', () => sumOfTotals(db));
  await measure('totals by day', () => dailyTotals(db, 'site-1', { from: 0, to: END }, 10_000));
  await measure('gaps', () => newestGaps(db, 'site-1', 1_001));
  await measure('a batch of 400', () => commitBatch(db, batch(1), END));
  await measure('retention, nothing due', () => retention(2 * (END - BEGAN)));
  await measure('retention, a tenth due', () => retention(0.9 * (END - BEGAN)));
  await measure('removal of a site', () => removeDelivered(db, 'site-3', END));
  printTable(table);
  const most = (column: string) => Math.max(...table.map((row) => Number(row[column])));
  printFigures('stalls', {
    rows,
    longestStatementMs: most('longest statement'),
    longestStallMs: most('longest stall'),
  });
} finally {
  await checkpointer.stop();
  await close();
}
