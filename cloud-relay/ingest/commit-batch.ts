import type { Kysely } from 'kysely';
import type { SummaryRecord } from '../../core/contract/summary.js';
import { type Ranges, rangesOf } from '../../core/runtime/ranges.js';
import { addDailyLabels, DAY_MS } from '../store/daily-label-table.js';
import { type Gap, gapsWithin, replaceGaps } from '../store/gap-table.js';
import {
  type LedgerEntry,
  type LedgerUpdate,
  lockLedger,
  type OutboxId,
  updateLedger,
} from '../store/ledger-table.js';
import type { RelayTables } from '../store/relay-tables.js';
import { takeRemoved } from '../store/removed-outbox-table.js';
import { addSightedLabels } from '../store/sighted-label-table.js';
import { addUsage } from '../store/site-day-table.js';
import { lockSites } from '../store/site-table.js';
import { addToTotals } from '../store/site-total-table.js';
import { addSummaries, summaryRow } from '../store/summary-table.js';
import { type Arrival, isDrop, isSummary } from './arrival.js';
import { bySite } from './by-site.js';
import { type Conflict, conflictsOf, conflictsWithin, withoutStored } from './known-summaries.js';
import { dailyLabels, sightedLabels } from './labels.js';
import { affectedRange, reconcile } from './reconcile.js';
import { storedBytes } from './site-budgets.js';

export interface CommittedBatch {
  /** The entry of each outbox in the batch after the commit: what may be acknowledged. */
  ledger: LedgerEntry[];
  /** Summaries that were not stored before. */
  added: number;
  /** Summaries that the appliance no longer holds and did not report. */
  lost: (OutboxId & { ranges: Ranges })[];
  /** Records with the numbers of other summaries; they are not stored. */
  conflicts: Conflict[];
  /** Sites that were removed; nothing of theirs is stored. */
  unknown: string[];
}

/** The records of one outbox in a batch. */
interface OutboxArrivals extends OutboxId {
  arrivals: Arrival[];
}

interface ReconciledOutbox {
  progress: LedgerEntry;
  conflicts: Conflict[];
  newSummaries: Arrival<SummaryRecord>[];
  lost: Ranges;
}

/**
 * Stores a batch in one transaction, each summary once however often it arrives, and moves the watermark of every
 * outbox in it. The ledger is read and written under a lock on the outbox's row in the database, so any of several
 * relays may do it.
 */
export function commitBatch(
  db: Kysely<RelayTables>,
  arrivals: Arrival[],
  now: number,
): Promise<CommittedBatch> {
  return db.transaction().execute(async (trx) => {
    const sites = new Set(arrivals.map(({ site }) => site));
    // A site cannot be removed before this commits; if it was removed already, there is nothing to commit for it.
    // What may have been sent in an earlier epoch is looked up: another relay must not store it meanwhile.
    const alone = arrivals.some((arrival) => isSummary(arrival) && arrival.record.former);
    const known = await lockSites(trx, [...sites], alone);
    const unknown = [...sites].filter((site) => !known.has(site));
    const outboxes = byOutbox(arrivals.filter(({ site }) => known.has(site)));
    if (outboxes.size === 0) return { ledger: [], added: 0, lost: [], conflicts: [], unknown };

    const reconciled: ReconciledOutbox[] = [];
    for (const before of await lockLedger(trx, [...outboxes.values()], now)) {
      const outbox = outboxes.get(keyOf(before));
      if (outbox) reconciled.push(await reconcileOutbox(trx, outbox, before, now));
    }
    const newSummaries = await withoutStored(
      trx,
      reconciled.flatMap((outbox) => outbox.newSummaries),
    );
    await storeSummaries(trx, newSummaries);
    const ledger = reconciled.map(({ progress }) => updateOf(progress, newSummaries));
    await updateLedger(trx, ledger, now);
    await addToTotals(trx, totalsOf(ledger, now));
    await addUsage(trx, usageOfBatch([...newSummaries, ...arrivals.filter(isDrop)], now));
    const lost = reconciled
      .filter((outbox) => outbox.lost.length > 0)
      .map(({ progress: { site, epoch }, lost: ranges }) => ({ site, epoch, ranges }));
    const conflicts = reconciled.flatMap((outbox) => outbox.conflicts);
    return { ledger, added: newSummaries.length, lost, conflicts, unknown };
  });
}

async function reconcileOutbox(
  trx: Kysely<RelayTables>,
  { site, epoch, arrivals }: OutboxArrivals,
  found: LedgerEntry,
  now: number,
): Promise<ReconciledOutbox> {
  const before = await withRemoved(trx, found);
  const summaries = arrivals.filter(isSummary);
  const contents = {
    summaries: summaries.map(({ record }) => record.seq),
    drops: arrivals.filter(isDrop).map(({ record }) => record.dropped),
    firstHeld: arrivals.reduce((held, { record }) => Math.max(held, record.first), 1),
  };
  const affected = affectedRange(before, contents);
  const knownGaps = affected ? await gapsWithin(trx, before, affected) : [];
  const result = reconcile(before, contents, knownGaps, now);
  const { watermark, ahead, gaps, lost } = result;
  if (knownGaps.length > 0 || gaps.length > 0) await replaceGaps(trx, before, knownGaps, gaps);

  const wanted = new Set(result.newSummaries);
  // A record that is twice in the batch is stored once.
  const newSummaries = summaries.filter(({ record }) => wanted.delete(record.seq));
  const repeated = summaries.filter(({ record }) => result.repeated.has(record.seq));
  const conflicts = [
    ...(await conflictsOf(trx, { site, epoch }, repeated)),
    ...conflictsWithin({ site, epoch }, summaries, newSummaries),
  ];
  return { progress: { site, epoch, watermark, ahead }, newSummaries, conflicts, lost };
}

/** The entry of an outbox that reports again after its site was removed continues where it was. */
async function withRemoved(trx: Kysely<RelayTables>, found: LedgerEntry): Promise<LedgerEntry> {
  if (found.watermark > 0 || found.ahead.length > 0) return found;
  const removed = await takeRemoved(trx, found);
  if (!removed) return found;
  const { watermark, ahead, removedAt: noticedAt } = removed;
  const ranges = rangesOf([[1, watermark], ...ahead]);
  const gaps = ranges.map(([from, to]): Gap => ({ from, to, reason: 'removed', noticedAt }));
  await replaceGaps(trx, found, [], gaps);
  return { ...found, watermark, ahead };
}

function updateOf(progress: LedgerEntry, stored: Arrival<SummaryRecord>[]): LedgerUpdate {
  const own = stored.filter(
    ({ site, record: { epoch } }) => site === progress.site && epoch === progress.epoch,
  );
  const detections = own.reduce((sum, { record }) => sum + record.summary.detections.length, 0);
  return { ...progress, summaries: own.length, detections };
}

const totalsOf = (ledger: LedgerUpdate[], now: number) =>
  [...bySite(ledger)].map(([site, own]) => ({
    site,
    summaries: own.reduce((sum, { summaries }) => sum + summaries, 0),
    detections: own.reduce((sum, { detections }) => sum + detections, 0),
    last_received_at: now,
  }));

const usageOfBatch = (stored: Arrival[], now: number) =>
  [...bySite(stored)].map(([site, own]) => ({
    site,
    day: now - (now % DAY_MS),
    records: own.length,
    bytes: own.reduce((sum, arrival) => sum + storedBytes(arrival), 0),
  }));

async function storeSummaries(
  trx: Kysely<RelayTables>,
  arrivals: Arrival<SummaryRecord>[],
): Promise<void> {
  await addSummaries(
    trx,
    arrivals.map(({ site, record, receivedAt }) => summaryRow(site, record, receivedAt)),
  );
  await addSightedLabels(trx, arrivals.flatMap(sightedLabels));
  await addDailyLabels(trx, dailyLabels(arrivals));
}

const keyOf = ({ site, epoch }: OutboxId): string => `${site}/${epoch}`;

/** In a fixed order, so that concurrent transactions lock them alike. */
function byOutbox(arrivals: Arrival[]): Map<string, OutboxArrivals> {
  const outboxes = new Map<string, OutboxArrivals>();
  for (const arrival of arrivals) {
    const { site, record } = arrival;
    const { epoch } = record;
    const key = keyOf({ site, epoch });
    const outbox = outboxes.get(key) ?? { site, epoch, arrivals: [] };
    outbox.arrivals.push(arrival);
    outboxes.set(key, outbox);
  }
  return new Map([...outboxes].sort(([a], [b]) => (a < b ? -1 : 1)));
}
