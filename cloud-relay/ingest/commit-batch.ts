import type { Kysely } from 'kysely';
import {
  type Arrived,
  advanceLedger,
  type Mark,
  type Outlet,
  openLedger,
} from '../store/ledger-table.js';
import { recordLost } from '../store/lost-range-table.js';
import type { RelayTables } from '../store/relay-tables.js';
import { addSightedLabels } from '../store/sighted-label-table.js';
import { type Arrival, addSummaries, runsFrom } from '../store/summary-table.js';

export interface Committed {
  /** How far each outbox of the batch is settled now: what may be acknowledged. */
  marks: Mark[];
  /** Summaries that were not there before. */
  added: number;
  /** Ranges that will never come. */
  lost: Mark[];
}

const keyOf = ({ site, epoch }: Outlet): string => `${site}/${epoch}`;
const rowKey = (site: string, epoch: string, seq: number) => `${site}/${epoch}/${seq}`;

/**
 * Stores a batch in one transaction, each summary once however often it arrives, and moves the mark of every
 * outbox in it to the end of what is there without a hole. The database computes the marks, so any of several
 * relays may do it.
 */
export function commitBatch(
  db: Kysely<RelayTables>,
  arrivals: Arrival[],
  now: number,
): Promise<Committed> {
  const heldFrom = lowestHeld(arrivals);
  return db.transaction().execute(async (trx) => {
    const marks = new Map<string, Mark>();
    for (const mark of await openLedger(trx, outletsOf(arrivals), now))
      marks.set(keyOf(mark), mark);
    const added = await addSummaries(trx, arrivals);
    const addedKeys = new Set(added.map((r) => rowKey(r.site, r.epoch, r.seq)));
    // A record that is twice in the batch was added once.
    const fresh = arrivals.filter(({ site, record }) =>
      addedKeys.delete(rowKey(site, record.epoch, record.seq)),
    );
    await addSightedLabels(trx, fresh);
    const lost: Mark[] = [];
    for (const [key, mark] of marks) {
      const upTo = (heldFrom.get(key) ?? 1) - 1;
      if (upTo <= mark.seq) continue;
      await recordLost(trx, mark, upTo, now);
      lost.push(mark);
      marks.set(key, { ...mark, seq: upTo });
    }
    for (const run of await runsFrom(trx, [...marks.values()])) marks.set(keyOf(run), run);
    await advanceLedger(trx, withCounts(marks, fresh), now);
    return { marks: [...marks.values()], added: fresh.length, lost };
  });
}

/** In a fixed order, so that concurrent transactions lock them alike. */
function outletsOf(arrivals: Arrival[]): Outlet[] {
  const outlets = new Map<string, Outlet>();
  for (const { site, record } of arrivals) {
    const outlet = { site, epoch: record.epoch };
    outlets.set(keyOf(outlet), outlet);
  }
  return [...outlets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, outlet]) => outlet);
}

/** The lowest seq that each appliance still holds: the highest that it has named. */
function lowestHeld(arrivals: Arrival[]): Map<string, number> {
  const held = new Map<string, number>();
  for (const { site, record } of arrivals) {
    const key = keyOf({ site, epoch: record.epoch });
    held.set(key, Math.max(held.get(key) ?? 1, record.first));
  }
  return held;
}

function withCounts(marks: Map<string, Mark>, fresh: Arrival[]): Arrived[] {
  const arrived = new Map<string, Arrived>();
  for (const [key, mark] of marks) arrived.set(key, { ...mark, summaries: 0, detections: 0 });
  for (const { site, record } of fresh) {
    const counts = arrived.get(keyOf({ site, epoch: record.epoch }));
    if (!counts) continue;
    counts.summaries++;
    counts.detections += record.summary.detections.length;
  }
  return [...arrived.values()];
}
