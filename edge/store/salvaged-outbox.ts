import { randomUUID } from 'node:crypto';
import type Sqlite from 'better-sqlite3';
import { kyselyOver } from '../../core/store/dialect.js';
import type { TableLoss } from '../../core/store/salvage/salvage-database.js';
import { startNewEpoch } from './outbox-epoch.js';
import { damagedRow, type Mark, OutboxMark, stateAt } from './outbox-mark.js';
import type { OutboxTables } from './outbox-tables.js';

interface Extent {
  seq: number;
  from: number;
}

/**
 * Makes the outbox of a repaired database consistent: no hole between what is acknowledged and the last number. Rows that
 * were lost are replaced by rows of dropped summaries, which report the loss to the relay. The new file has another
 * identity than the damaged one, so the uplink treats it as a restored copy: what the relay acknowledges is removed, and
 * unless the relay confirms the epoch, a new one starts. Returns what an operator must know.
 */
export async function mendOutbox(
  sqlite: Sqlite.Database,
  losses: readonly TableLoss[],
  file: string,
): Promise<string[]> {
  const notes: string[] = [];
  if (losses.some(({ table }) => table === 'outbox_state') && !hasEverBegun(sqlite)) {
    const mark = new OutboxMark(file).read();
    if (mark) restoreState(sqlite, mark);
    else {
      await beginEpoch(sqlite);
      notes.push('the state of the outbox is lost, so a new epoch started');
    }
  }
  const dropped = fillHoles(sqlite);
  countKept(sqlite);
  if (dropped > 0)
    notes.push(`${dropped} summaries of the backlog are lost, which the relay is told`);
  return notes;
}

/** The row that the migration makes has no identity; that of a database that was used does. */
const hasEverBegun = (sqlite: Sqlite.Database): boolean =>
  sqlite.prepare("select 1 from outbox_state where file_identity != ''").get() !== undefined;

function restoreState(sqlite: Sqlite.Database, mark: Mark): void {
  const state = stateAt(mark);
  const columns = Object.keys(state).map((name) => `${name} = @${name}`);
  sqlite.prepare(`update outbox_state set ${columns.join(', ')}`).run(state);
}

/** Numbers the rows from 1 under a new epoch, since neither the old one nor what was acknowledged of it is known. */
async function beginEpoch(sqlite: Sqlite.Database): Promise<void> {
  const known = { epoch: randomUUID(), seq: 0 };
  await startNewEpoch(kyselyOver<OutboxTables>(sqlite), { known, sharedSeq: 0 });
}

/** Resolves with the number of summaries in the holes. */
function fillHoles(sqlite: Sqlite.Database): number {
  const { acked, last } = sqlite
    .prepare<[], { acked: number; last: number }>(
      `select acked_seq as acked, max(last_seq, coalesce((select max(seq) from outbox), 0)) as last
       from outbox_state`,
    )
    .get() ?? { acked: 0, last: 0 };
  // Pages that were no longer in use may have had them.
  sqlite.prepare('delete from outbox where seq <= ?').run(acked);
  const rows = sqlite
    .prepare<[], Extent>(
      'select seq, coalesce(dropped_from, seq) as "from" from outbox order by seq',
    )
    .all();
  let next = acked + 1;
  let dropped = 0;
  for (const { seq, from } of [...rows, { seq: last + 1, from: last + 1 }]) {
    if (from > next) insertDropped(sqlite, next, from - 1);
    if (from < next) trim(sqlite, seq, next);
    dropped += Math.max(0, from - next);
    next = seq + 1;
  }
  sqlite
    .prepare(
      `update outbox_state set last_seq = ?,
         summaries = (select count(*) from outbox where reason is null),
         bytes = (select coalesce(sum(bytes), 0) from outbox)`,
    )
    .run(last);
  return dropped;
}

/** The schema of the damaged database may be an earlier one, which keeps nothing. */
function countKept(sqlite: Sqlite.Database): void {
  const table = "select 1 from sqlite_schema where name = 'outbox_acknowledged'";
  if (sqlite.prepare(table).get() !== undefined)
    sqlite.exec(`
      update outbox_state set
        kept = (select count(*) from outbox_acknowledged),
        kept_bytes = (select coalesce(sum(bytes), 0) from outbox_acknowledged)`);
}

function insertDropped(sqlite: Sqlite.Database, from: number, to: number): void {
  const row = damagedRow(from, to);
  const columns = Object.keys(row);
  sqlite
    .prepare(`insert into outbox (${columns}) values (${columns.map((name) => `@${name}`)})`)
    .run(row);
}

/** Leaves out what a row of dropped summaries shares with acknowledged numbers or with the row before. */
function trim(sqlite: Sqlite.Database, seq: number, from: number): void {
  sqlite.prepare('update outbox set dropped_from = ? where seq = ?').run(from, seq);
}
