import type { Kysely } from 'kysely';
import type { Dropped } from '../../core/contract/summary.js';
import { holes } from '../../core/runtime/ranges.js';
import { newestGaps } from '../store/gap-table.js';
import { ledgerOf } from '../store/ledger-table.js';
import type { RelayTables } from '../store/relay-tables.js';

/** Sequence numbers of one outbox whose summaries are not stored, `from` to `to` inclusive. */
export interface SiteGap {
  /**
   * `missing`: still expected, since a later number has arrived; `dropped`: the appliance reported that it dropped them;
   * `lost`: the appliance no longer holds them and reported nothing, e.g. the relay's database is newer than the outbox.
   */
  kind: 'missing' | 'lost' | 'dropped';
  epoch: string;
  from: number;
  to: number;
  count: number;
  /** Why, if it was dropped: the limit of the outbox that was exceeded, or that its database was damaged. */
  reason: Dropped['reason'] | null;
  /** When the relay noticed the gap, in milliseconds since the Unix epoch; if missing, when the outbox last reported. */
  noticedAt: number;
}

export interface SiteGaps {
  gaps: SiteGap[];
  /** There are more than are listed. */
  truncated: boolean;
}

export const MAX_GAPS = 1_000;

/** Missing summaries first, then those that are not expected any more, newest first; at most `MAX_GAPS`. */
export async function siteGaps(db: Kysely<RelayTables>, site: string): Promise<SiteGaps> {
  const missing = (await ledgerOf(db, site)).flatMap(
    ({ epoch, watermark, ahead, updatedAt: noticedAt }) =>
      holes([[0, watermark], ...ahead]).map(
        ([from, to]): SiteGap => ({
          kind: 'missing',
          epoch,
          from,
          to,
          count: to - from + 1,
          reason: null,
          noticedAt,
        }),
      ),
  );
  const recorded = (await newestGaps(db, site, MAX_GAPS + 1)).map(
    ({ reason, from, to, ...rest }): SiteGap => ({
      kind: reason === 'unreported' ? 'lost' : 'dropped',
      from,
      to,
      count: to - from + 1,
      reason: reason === 'unreported' ? null : reason,
      ...rest,
    }),
  );
  const gaps = [...missing, ...recorded];
  return { gaps: gaps.slice(0, MAX_GAPS), truncated: gaps.length > MAX_GAPS };
}
