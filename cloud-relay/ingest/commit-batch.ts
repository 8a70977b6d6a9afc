import type { Kysely } from 'kysely';
import type { SummaryRecord } from '../../core/contract/summary.js';
import type { Ranges } from '../../core/runtime/ranges.js';
import { addDailyLabels } from '../store/daily-label-table.js';
import { absencesWithin, replaceAbsences } from '../store/gap-table.js';
import { type Arrived, advanceLedger, type Mark, openLedger } from '../store/ledger-table.js';
import type { RelayTables } from '../store/relay-tables.js';
import { addSightedLabels } from '../store/sighted-label-table.js';
import { holdSites } from '../store/site-table.js';
import { addSummaries, summaryRow } from '../store/summary-table.js';
import { type Arrival, isDrop, isSummary } from './arrival.js';
import { dailyLabels, sightedLabels } from './labels.js';
import { settle, touches } from './settle.js';

export interface Committed {
  /** How far each outbox of the batch is settled now: what may be acknowledged. */
  marks: Mark[];
  /** Summaries that were not there before. */
  added: number;
  /** What is gone without a report. */
  lost: { site: string; epoch: string; ranges: Ranges }[];
  /** Sites that were removed; nothing of theirs is stored. */
  unknown: string[];
}

/** What a batch holds of one outbox. */
interface Share {
  site: string;
  epoch: string;
  arrivals: Arrival[];
}

interface Entered {
  arrived: Arrived;
  fresh: Arrival<SummaryRecord>[];
  lost: Ranges;
}

/**
 * Stores a batch in one transaction, each summary once however often it arrives, and moves the mark of every
 * outbox in it to the end of what is settled without a hole. What is settled is read and written under a lock on
 * the outbox's row in the database, so any of several relays may do it.
 */
export function commitBatch(
  db: Kysely<RelayTables>,
  arrivals: Arrival[],
  now: number,
): Promise<Committed> {
  return db.transaction().execute(async (trx) => {
    const sites = new Set(arrivals.map(({ site }) => site));
    // Holds off a removal until this is committed; after one, there is nothing to commit for.
    const known = await holdSites(trx, [...sites]);
    const unknown = [...sites].filter((site) => !known.has(site));
    const shares = sharesOf(arrivals.filter(({ site }) => known.has(site)));
    if (shares.size === 0) return { marks: [], added: 0, lost: [], unknown };

    const entered: Entered[] = [];
    for (const before of await openLedger(trx, [...shares.values()], now)) {
      const share = shares.get(keyOf(before));
      if (share) entered.push(await enter(trx, share, before, now));
    }
    const fresh = entered.flatMap((entry) => entry.fresh);
    await addSummaries(
      trx,
      fresh.map(({ site, record, receivedAt }) => summaryRow(site, record, receivedAt)),
    );
    await addSightedLabels(trx, fresh.flatMap(sightedLabels));
    await addDailyLabels(trx, dailyLabels(fresh));
    await advanceLedger(
      trx,
      entered.map(({ arrived }) => arrived),
      now,
    );
    return {
      marks: entered.map(({ arrived }) => arrived),
      added: fresh.length,
      lost: entered
        .filter(({ lost }) => lost.length > 0)
        .map(({ arrived: { site, epoch }, lost }) => ({ site, epoch, ranges: lost })),
      unknown,
    };
  });
}

async function enter(
  trx: Kysely<RelayTables>,
  { site, epoch, arrivals }: Share,
  before: Mark,
  now: number,
): Promise<Entered> {
  const summaries = arrivals.filter(isSummary);
  const told = {
    summaries: summaries.map(({ record }) => record.seq),
    drops: arrivals.filter(isDrop).map(({ record }) => record.dropped),
    firstHeld: arrivals.reduce((held, { record }) => Math.max(held, record.first), 1),
  };
  const extent = touches(before, told);
  const known = extent ? await absencesWithin(trx, before, extent) : [];
  const { mark, ahead, absences, lost, ...outcome } = settle(before, told, known, now);
  if (known.length > 0 || absences.length > 0) await replaceAbsences(trx, before, known, absences);

  const wanted = new Set(outcome.fresh);
  // A record that is twice in the batch is stored once.
  const fresh = summaries.filter(({ record }) => wanted.delete(record.seq));
  const detections = fresh.reduce((sum, { record }) => sum + record.summary.detections.length, 0);
  const arrived = { site, epoch, mark, ahead, summaries: fresh.length, detections };
  return { arrived, fresh, lost };
}

const keyOf = ({ site, epoch }: { site: string; epoch: string }): string => `${site}/${epoch}`;

/** In a fixed order, so that concurrent transactions lock them alike. */
function sharesOf(arrivals: Arrival[]): Map<string, Share> {
  const shares = new Map<string, Share>();
  for (const arrival of arrivals) {
    const { site, record } = arrival;
    const key = keyOf({ site, epoch: record.epoch });
    const share = shares.get(key) ?? { site, epoch: record.epoch, arrivals: [] };
    share.arrivals.push(arrival);
    shares.set(key, share);
  }
  return new Map([...shares].sort(([a], [b]) => (a < b ? -1 : 1)));
}
