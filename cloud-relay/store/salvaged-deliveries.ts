import type Sqlite from 'better-sqlite3';
import { type Range, type Ranges, rangesOf, subtract, union } from '../../core/runtime/ranges.js';
import type { TableLoss } from '../../core/store/salvage/salvage-database.js';

interface Outbox {
  site: string;
  epoch: string;
}

interface Entry {
  acked_seq: number;
  ahead: string;
}

/**
 * Makes deliveries of a repaired database consistent. The ledger says what was committed: summaries that are in it and
 * were not read are recorded as lost. A ledger row that is lost is made from the summaries. Returns what an operator
 * must know.
 */
export function mendDeliveries(sqlite: Sqlite.Database, losses: readonly TableLoss[]): string[] {
  const isIncomplete = (table: string) => losses.some((loss) => loss.table === table);
  if (isIncomplete('sighted_label')) rebuildLabels(sqlite);
  const outboxes =
    isIncomplete('summary') || isIncomplete('ledger')
      ? sqlite
          .prepare<[], Outbox>(
            'select site, epoch from ledger union select site, epoch from summary',
          )
          .all()
      : [];
  const lost = outboxes.reduce((sum, outbox) => sum + recordLosses(sqlite, outbox), 0);
  rebuildTotals(sqlite);
  const sites = sqlite
    .prepare('insert or ignore into site (id, created_at) select distinct site, ? from ledger')
    .run(Date.now()).changes;
  return [
    ...(lost > 0 ? [`${lost} summaries of sites are lost, see the gaps of each site`] : []),
    ...(sites > 0 ? [`${sites} sites lost their accounts and need a new password`] : []),
  ];
}

/** What sites have used of their budgets begins again; only what is kept counts. */
function rebuildTotals(sqlite: Sqlite.Database): void {
  sqlite.exec(`
    delete from site_total;
    insert into site_total (site, summaries, detections, last_received_at)
    select site, sum(summaries), sum(detections), max(updated_at) from ledger group by site;
    insert or ignore into site_name (site, kind, name, since)
    select distinct site, 'epoch', epoch, 0 from ledger`);
}

function rebuildLabels(sqlite: Sqlite.Database): void {
  sqlite.exec(`
    delete from sighted_label;
    insert into sighted_label (site, label, taken_at, snapshot, received_at)
    select distinct site, json_extract(detection.value, '$.label'), taken_at, snapshot, received_at
    from summary, json_each(payload, '$.detections') as detection`);
}

/** Records the committed numbers of an outbox whose summaries are gone. Returns how many there are. */
function recordLosses(sqlite: Sqlite.Database, { site, epoch }: Outbox): number {
  const stored = rangesOf(
    sqlite
      .prepare<[string, string], number>(
        'select seq from summary where site = ? and epoch = ? order by seq',
      )
      .pluck()
      .all(site, epoch)
      .map((seq): Range => [seq, seq]),
  );
  const oldest = stored[0]?.[0];
  if (oldest === undefined) return 0;
  const known = entryOf(sqlite, { site, epoch }) ?? makeEntry(sqlite, { site, epoch }, stored);
  const committed = subtract(known, absences(sqlite, { site, epoch }));
  // Older ones may have been removed for their age.
  const lost = subtract(subtract(committed, stored), [[1, oldest - 1]]);
  const insert = sqlite.prepare(
    `insert or ignore into absence (site, epoch, from_seq, to_seq, noticed_at, reason)
     values (?, ?, ?, ?, ?, 'unreported')`,
  );
  for (const [from, to] of lost) insert.run(site, epoch, from, to, Date.now());
  return lost.reduce((sum, [from, to]) => sum + to - from + 1, 0);
}

function entryOf(sqlite: Sqlite.Database, { site, epoch }: Outbox): Ranges | undefined {
  const entry = sqlite
    .prepare<[string, string], Entry>(
      'select acked_seq, ahead from ledger where site = ? and epoch = ?',
    )
    .get(site, epoch);
  if (!entry) return undefined;
  return union([[1, entry.acked_seq]], JSON.parse(entry.ahead) as Ranges);
}

/** Everything up to the last summary counts as accounted for: what is not there was removed, dropped or lost. */
function makeEntry(sqlite: Sqlite.Database, { site, epoch }: Outbox, stored: Ranges): Ranges {
  const last = stored.at(-1)?.[1] ?? 0;
  sqlite
    .prepare(
      `insert into ledger (site, epoch, acked_seq, ahead, summaries, detections, updated_at)
       select site, epoch, ?, '[]', count(*), coalesce(sum(json_array_length(payload, '$.detections')), 0),
         max(received_at)
       from summary where site = ? and epoch = ?`,
    )
    .run(last, site, epoch);
  return [[1, last]];
}

const absences = (sqlite: Sqlite.Database, { site, epoch }: Outbox): Ranges =>
  rangesOf(
    sqlite
      .prepare<[string, string], { from_seq: number; to_seq: number }>(
        'select from_seq, to_seq from absence where site = ? and epoch = ? order by from_seq',
      )
      .all(site, epoch)
      .map(({ from_seq, to_seq }): Range => [from_seq, to_seq]),
  );
