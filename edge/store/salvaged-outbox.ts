import { randomUUID } from 'node:crypto';
import type Sqlite from 'better-sqlite3';
import { kyselyOver } from '../../core/store/dialect.js';
import type { TableLoss } from '../../core/store/salvage/salvage-database.js';
import { startNewEpoch } from './outbox-epoch.js';
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
): Promise<string[]> {
  const isIncomplete = (table: string) => losses.some((loss) => loss.table === table);
  // The row that the migration made has no identity; one of a database that was used does.
  const hasState = !isIncomplete('outbox_state') || hasEverBegun(sqlite);
  if (!hasState) await beginEpoch(sqlite);
  const dropped = fillHoles(sqlite);
  count(sqlite);
  return [
    ...(hasState ? [] : ['the state of the outbox was lost, so a new epoch started']),
    ...(dropped > 0
      ? [`${dropped} summaries of the backlog are lost, which the relay is told`]
      : []),
  ];
}

const hasEverBegun = (sqlite: Sqlite.Database): boolean =>
  sqlite.prepare("select 1 from outbox_state where file_identity != ''").get() !== undefined;

/** Numbers the rows from 1 under a new epoch, since neither the old one nor what was acknowledged of it is known. */
async function beginEpoch(sqlite: Sqlite.Database): Promise<void> {
  const epoch = randomUUID();
  await startNewEpoch(kyselyOver<OutboxTables>(sqlite), { epoch, seq: 0 }, 0);
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
  const insert = sqlite.prepare(
    `insert into outbox (seq, dropped_from, payload, bytes, created_at, reason)
     values (?, ?, '', 0, 0, 'damaged')`,
  );
  let next = acked + 1;
  let dropped = 0;
  for (const { seq, from } of [...rows, { seq: last + 1, from: last + 1 }]) {
    if (from > next) {
      insert.run(from - 1, next);
      dropped += from - next;
    } else if (from < next) trim(sqlite, seq, next);
    next = seq + 1;
  }
  sqlite.prepare('update outbox_state set last_seq = ?').run(last);
  return dropped;
}

/** What a row of dropped summaries shares with acknowledged numbers or with the row before. */
function trim(sqlite: Sqlite.Database, seq: number, from: number): void {
  sqlite.prepare('update outbox set dropped_from = ? where seq = ?').run(from, seq);
}

function count(sqlite: Sqlite.Database): void {
  sqlite.exec(`
    update outbox_state set
      summaries = (select count(*) from outbox where reason is null),
      bytes = (select coalesce(sum(bytes), 0) from outbox)`);
}
