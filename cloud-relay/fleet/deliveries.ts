import type { Kysely } from 'kysely';
import { readSummary, type Summary } from '../../core/contract/summary.js';
import { LogThrottle } from '../../core/runtime/log-throttle.js';
import type { Logger } from '../../core/runtime/logger.js';
import { boundedPage } from '../../core/store/bounded-page.js';
import { type DailyTotal, dailyTotals } from '../store/daily-label-table.js';
import type { RelayTables } from '../store/relay-tables.js';
import {
  camerasOf,
  newestSummaries,
  type Page,
  type SummaryFilter,
  type SummaryPosition,
} from '../store/summary-table.js';
import { decodeCursor, decodeDailyCursor, encodeCursor, encodeDailyCursor } from './cursor.js';
import { existingSite } from './existing-site.js';
import { type SiteGaps, siteGaps } from './gaps.js';

export interface DailyPage {
  days: DailyTotal[];
  next: string | null;
}

export interface DeliveredSummary extends Summary {
  receivedAt: number;
}

export interface SummaryQuery extends SummaryFilter {
  limit: number;
  /** `next` of the previous page. */
  after?: string | undefined;
}

export interface SummaryPage {
  summaries: DeliveredSummary[];
  next: string | null;
}

const LOG_EVERY_MS = 600_000;
/** Of a summary in a page, besides its text. */
const ITEM_BYTES = 500;
const MAX_DAILY_ROWS = 10_000;

/** What sites have delivered. Times are milliseconds since the Unix epoch. */
export class Deliveries {
  readonly #damaged = new LogThrottle(LOG_EVERY_MS);

  constructor(
    private readonly db: Kysely<RelayTables>,
    private readonly log: Logger,
  ) {}

  /**
   * A site's summaries, newest first, without those that damage has made unreadable. A page ends before `limit` if they
   * are large. Throws `not_found`, and `invalid_parameter` for an invalid cursor.
   */
  async summaries(id: string, { limit, after, ...filter }: SummaryQuery): Promise<SummaryPage> {
    await existingSite(this.db, id);
    const position = after === undefined ? undefined : decodeCursor(after);
    const { items, hasMore } = await boundedPage<Page[number]>(
      { limit },
      ({ payload }) => ITEM_BYTES + (payload?.length ?? 0),
      (count, last) =>
        newestSummaries(this.db, id, filter, count, last ? positionOf(last) : position),
    );
    const last = items.at(-1);
    return {
      summaries: items.flatMap(({ payload, snapshot, received_at }) => {
        const summary = readSummary(payload);
        if (summary) return [{ ...summary, receivedAt: received_at }];
        this.#reportDamaged(id, snapshot);
        return [];
      }),
      next: last && hasMore ? encodeCursor(positionOf(last)) : null,
    };
  }

  #reportDamaged(site: string, snapshot: string): void {
    if (this.#damaged.isDue(site))
      this.log.error({ site, snapshot }, 'stored summary cannot be read; left out');
  }

  /** The cameras that a site has sent summaries of. */
  cameras(id: string): Promise<string[]> {
    return camerasOf(this.db, id);
  }

  /**
   * Labels by day (UTC), of every day that overlaps `from` (inclusive) to `to` (exclusive), at most 10,000 rows. Throws
   * `not_found`, and `invalid_parameter` for an invalid cursor.
   */
  async dailyTotals(
    id: string,
    { after, ...range }: { from: number; to: number; after?: string | undefined },
    limit = MAX_DAILY_ROWS,
  ): Promise<DailyPage> {
    await existingSite(this.db, id);
    const position = after === undefined ? undefined : decodeDailyCursor(after);
    const rows = await dailyTotals(this.db, id, { ...range, after: position }, limit + 1);
    const days = rows.slice(0, limit);
    const last = days.at(-1);
    return { days, next: last && rows.length > limit ? encodeDailyCursor(last) : null };
  }

  /** Ranges of seq that are not stored, and why. Throws `not_found`. */
  async gaps(id: string): Promise<SiteGaps> {
    await existingSite(this.db, id);
    return siteGaps(this.db, id);
  }
}

const positionOf = ({ taken_at, snapshot }: Page[number]): SummaryPosition => ({
  takenAt: taken_at,
  snapshot,
});
