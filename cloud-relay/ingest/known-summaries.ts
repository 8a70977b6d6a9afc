import type { Kysely } from 'kysely';
import type { SummaryRecord } from '../../core/contract/summary.js';
import type { OutboxId } from '../store/ledger-table.js';
import type { RelayTables } from '../store/relay-tables.js';
import { storedSnapshots } from '../store/summary-table.js';
import type { Arrival } from './arrival.js';

/** A record with the number of another summary. */
export interface Conflict extends OutboxId {
  seq: number;
  snapshot: string;
}

type SummaryArrival = Arrival<SummaryRecord>;

/**
 * Those of the new summaries that are not stored yet. One that may have been sent in an earlier epoch, perhaps under
 * another site id, is recognised by its snapshot.
 */
export async function withoutStored(
  trx: Kysely<RelayTables>,
  arrivals: SummaryArrival[],
): Promise<SummaryArrival[]> {
  const again = arrivals.filter(({ record }) => record.former !== undefined);
  if (again.length === 0) return arrivals;
  const inBatch = new Set(
    arrivals.filter(({ record }) => record.former === undefined).map(keyOfSnapshot),
  );
  const bySite = new Map<string, SummaryRecord['summary'][]>();
  for (const { site, record } of again)
    for (const id of new Set([site, record.former ?? site]))
      bySite.set(id, [...(bySite.get(id) ?? []), record.summary]);
  const stored = new Map<string, Set<string>>();
  for (const [site, summaries] of bySite)
    stored.set(site, await storedSnapshots(trx, site, summaries));
  return arrivals.filter((arrival) => {
    const { site, record } = arrival;
    if (record.former === undefined) return true;
    return ![site, record.former].some(
      (id) =>
        stored.get(id)?.has(record.summary.snapshot) ||
        inBatch.has(`${id}/${record.summary.snapshot}`),
    );
  });
}

/** Of records whose numbers have a summary already, those that are of another one. */
export async function conflictsOf(
  trx: Kysely<RelayTables>,
  { site, epoch }: OutboxId,
  repeated: SummaryArrival[],
): Promise<Conflict[]> {
  const comparable = repeated.filter(({ record }) => record.former === undefined);
  if (comparable.length === 0) return [];
  const summaries = comparable.map(({ record }) => record.summary);
  const stored = await storedSnapshots(trx, site, summaries);
  return comparable
    .filter(({ record }) => !stored.has(record.summary.snapshot))
    .map(({ record: { seq, summary } }) => ({ site, epoch, seq, snapshot: summary.snapshot }));
}

/** Of the records of one outbox in a batch, those with the number of another one that is taken. */
export function conflictsWithin(
  { site, epoch }: OutboxId,
  arrivals: SummaryArrival[],
  taken: SummaryArrival[],
): Conflict[] {
  if (taken.length === arrivals.length) return [];
  const snapshots = new Map(taken.map(({ record }) => [record.seq, record.summary.snapshot]));
  return arrivals.flatMap(({ record: { seq, summary } }) => {
    const other = snapshots.get(seq);
    const { snapshot } = summary;
    return other === undefined || other === snapshot ? [] : [{ site, epoch, seq, snapshot }];
  });
}

const keyOfSnapshot = ({ site, record }: SummaryArrival): string =>
  `${site}/${record.summary.snapshot}`;
