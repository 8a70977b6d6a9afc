import type { Kysely } from 'kysely';
import { MAX_GAPS } from '../../core/contract/fleet.js';
import type { Dropped } from '../../core/contract/summary.js';
import { holes } from '../../core/runtime/ranges.js';
import { newestGaps } from '../store/gap-table.js';
import { ledgerOf } from '../store/ledger-table.js';
import type { GapReason, RelayTables } from '../store/relay-tables.js';

/** Sequence numbers of one outbox whose summaries are not stored, `from` to `to` inclusive. */
export interface SiteGap {
  /**
   * `missing`: still expected, since a later number has arrived; `dropped`: the appliance reported that it dropped them;
   * `refused`: the relay or the broker does not accept them; `lost`: the relay had them and lost them, or nobody knows
   * what became of them, and the appliance no longer holds them; `removed`: an operator removed them with the site.
   */
  kind: 'missing' | 'lost' | 'dropped' | 'refused' | 'removed';
  epoch: string;
  from: number;
  to: number;
  count: number;
  /** Why, if it was dropped: the limit of the outbox that was exceeded, or that its database was damaged. */
  reason: Dropped['reason'] | null;
  /** Why it was refused. */
  detail: string | null;
  /** When the relay noticed the gap, in milliseconds since the Unix epoch; if missing, when the outbox last reported. */
  noticedAt: number;
}

export interface SiteGaps {
  gaps: SiteGap[];
  /** There are more than are listed. */
  truncated: boolean;
}

export const GAP_KINDS: Record<GapReason, SiteGap['kind']> = {
  bytes: 'dropped',
  age: 'dropped',
  damaged: 'dropped',
  refused: 'refused',
  forgotten: 'lost',
  unreported: 'lost',
  removed: 'removed',
};

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
          detail: null,
          noticedAt,
        }),
      ),
  );
  const recorded = (await newestGaps(db, site, MAX_GAPS + 1)).map(
    ({ reason, from, to, detail = null, ...rest }): SiteGap => ({
      kind: GAP_KINDS[reason],
      from,
      to,
      count: to - from + 1,
      reason: reason === 'bytes' || reason === 'age' || reason === 'damaged' ? reason : null,
      detail,
      ...rest,
    }),
  );
  const gaps = [...missing, ...recorded];
  return { gaps: gaps.slice(0, MAX_GAPS), truncated: gaps.length > MAX_GAPS };
}
