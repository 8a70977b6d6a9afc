import type { Kysely } from 'kysely';
import { missing } from '../ingest/settle.js';
import { absencesOf } from '../store/gap-table.js';
import { marksOf } from '../store/ledger-table.js';
import type { RelayTables } from '../store/relay-tables.js';

/** Sequence numbers of one outbox whose summaries are not here, `from` to `to` inclusive. */
export interface Gap {
  /**
   * `missing` may still come, as something above it did; `dropped` was evicted by the appliance, which said so;
   * `lost` is gone without a word, e.g. since the relay's database is younger than the outbox.
   */
  kind: 'missing' | 'lost' | 'dropped';
  epoch: string;
  from: number;
  to: number;
  count: number;
  /** Which budget of the outbox was spent, where it was dropped. */
  reason: 'bytes' | 'age' | null;
  /** When the relay learnt of it, in milliseconds since the Unix epoch; of what is missing, when it last heard the outbox. */
  noticedAt: number;
}

export interface SiteGaps {
  gaps: Gap[];
  /** There are more than are listed. */
  truncated: boolean;
}

export const MAX_GAPS = 1_000;

/** What is missing first, then what is absent for good, the newest first; at most `MAX_GAPS`. */
export async function siteGaps(db: Kysely<RelayTables>, site: string): Promise<SiteGaps> {
  const waitedFor = (await marksOf(db, site)).flatMap((mark) =>
    missing(mark).map(([from, to]): Gap => {
      const { epoch, updatedAt: noticedAt } = mark;
      return { kind: 'missing', epoch, from, to, count: to - from + 1, reason: null, noticedAt };
    }),
  );
  const absent = (await absencesOf(db, site, MAX_GAPS + 1)).map(
    ({ reason, from, to, ...rest }): Gap => ({
      kind: reason === 'unreported' ? 'lost' : 'dropped',
      from,
      to,
      count: to - from + 1,
      reason: reason === 'unreported' ? null : reason,
      ...rest,
    }),
  );
  const gaps = [...waitedFor, ...absent];
  return { gaps: gaps.slice(0, MAX_GAPS), truncated: gaps.length > MAX_GAPS };
}
