import type { Kysely } from 'kysely';
import type { Summary } from '../../core/contract/summary.js';
import { type Clock, systemClock } from '../../core/runtime/clock.js';
import { ProblemError } from '../../core/runtime/errors.js';
import { type DailyTotal, dailyTotals } from '../store/daily-label-table.js';
import { forgetDelivered } from '../store/forget-delivered.js';
import { siteTotals } from '../store/ledger-table.js';
import type { RelayTables } from '../store/relay-tables.js';
import {
  addSites,
  provisionSite,
  removeSite,
  type SiteTable,
  setPasswordHash,
  site,
  siteIds,
  sites,
} from '../store/site-table.js';
import { newestSummaries, type SummaryFilter } from '../store/summary-table.js';
import { decodeCursor, encodeCursor } from './cursor.js';
import { type SiteGaps, siteGaps } from './gaps.js';
import type { AccountKeeper } from './mosquitto-accounts.js';
import { hashPassword, newPassword } from './password-hash.js';
import type { Presence, SitePresence } from './presence.js';
import type { SiteRegistry } from './site-registry.js';

export interface SiteOverview extends SitePresence {
  id: string;
  createdAt: number;
  /** It has an account at the broker. */
  provisioned: boolean;
  summaries: number;
  detections: number;
  /** When its last summary was committed here. */
  lastReceivedAt: number | null;
}

export interface DeliveredSummary extends Summary {
  receivedAt: number;
}

export interface SummaryQuery extends SummaryFilter {
  limit: number;
  /** `next` of the page before. */
  after?: string | undefined;
}

export interface SummaryPage {
  summaries: DeliveredSummary[];
  next: string | null;
}

export interface FleetParts {
  db: Kysely<RelayTables>;
  registry: SiteRegistry;
  presence: Presence;
  /** Where the sites' accounts are kept beside the database. */
  accounts?: AccountKeeper | undefined;
  /** Names of the broker's accounts that are no site's. */
  fixedNames?: readonly string[];
  /** Ends the connection of a site whose password was renewed. */
  disconnect?: (site: string) => void;
  /** Ends the connection of a site that was removed, and clears what the broker retains of it. */
  forget?: (site: string) => void;
  clock?: Clock;
}

/** The sites, and what is known of each. Instants are milliseconds since the Unix epoch. */
export class Fleet {
  readonly #clock: Clock;

  constructor(private readonly parts: FleetParts) {
    this.#clock = parts.clock ?? systemClock;
  }

  /**
   * Gives a site its account. The password is not kept, so this is the one time to show it. Throws `conflict`, and
   * `broker_unavailable` where the accounts are a broker's.
   */
  async createSite(id: string): Promise<{ id: string; password: string }> {
    const { db, accounts, registry, fixedNames } = this.parts;
    if (fixedNames?.includes(id))
      throw new ProblemError('conflict', `the broker has another account named ${id}`);
    const password = newPassword();
    const hash = await hashPassword(password);
    // The row is held while the broker is told: of two who make the same site, one does, and a broker that does not
    // take the account leaves no row. At most the control's deadline, and only with an external broker.
    await db.transaction().execute(async (trx) => {
      const now = this.#clock();
      // A removal that was cut short may have left something of an earlier site of that name.
      if ((await addSites(trx, [id], now)) > 0) await forgetDelivered(trx, id);
      if (!(await provisionSite(trx, id, hash, now)))
        throw new ProblemError('conflict', `the site ${id} exists already`);
      await accounts?.give(id, password);
    });
    registry.add(id);
    return { id, password };
  }

  /**
   * Gives a site a new password in place of the one that it may have, and ends its connection; what it reported stays.
   * For a box that is replaced, or a password that somebody else may know. Throws `not_found`, and `broker_unavailable`.
   */
  async renewPassword(id: string): Promise<{ id: string; password: string }> {
    const { db, registry, accounts, disconnect } = this.parts;
    const password = newPassword();
    const hash = await hashPassword(password);
    await db.transaction().execute(async (trx) => {
      if (!(await setPasswordHash(trx, id, hash))) throw notFound(id);
      await accounts?.give(id, password);
    });
    registry.add(id);
    disconnect?.(id);
    return { id, password };
  }

  /**
   * Removes a site's account and all that it delivered, or what a removal that was cut short has left of it. Throws
   * `not_found` where there is neither, and `broker_unavailable` as above.
   */
  async removeSite(id: string): Promise<void> {
    const { db, registry, presence, accounts, forget } = this.parts;
    const wasThere = await db.transaction().execute(async (trx) => {
      if (!(await removeSite(trx, id))) return false;
      await accounts?.take(id);
      return true;
    });
    if (wasThere) {
      registry.remove(id);
      presence.forget(id);
      forget?.(id);
    }
    // Since nothing is taken in of a site without a row, what this does not get to stays as it is until it is done again.
    const forgotten = await forgetDelivered(db, id);
    if (!wasThere && forgotten === 0) throw notFound(id);
  }

  /** How many sites report in time, and how many did once and are overdue; those never heard are in neither. */
  async attendance(): Promise<{ reporting: number; stale: number }> {
    const { db, presence } = this.parts;
    const heard = (await siteIds(db))
      .map((id) => presence.of(id))
      .filter(({ lastSeenAt }) => lastSeenAt !== null);
    const stale = heard.filter((sign) => sign.stale).length;
    return { reporting: heard.length - stale, stale };
  }

  async listSites(): Promise<SiteOverview[]> {
    const totals = new Map((await siteTotals(this.parts.db)).map((t) => [t.site, t]));
    return (await sites(this.parts.db)).map((row) => this.#overview(row, totals.get(row.id)));
  }

  /** Throws `not_found`. */
  async site(id: string): Promise<SiteOverview> {
    const row = await this.#row(id);
    const [totals] = await siteTotals(this.parts.db, id);
    return this.#overview(row, totals);
  }

  /** A site's summaries, newest first. Throws `not_found`, and `invalid_parameter` for a cursor that is none. */
  async summaries(id: string, { limit, after, ...filter }: SummaryQuery): Promise<SummaryPage> {
    await this.#row(id);
    const position = after === undefined ? undefined : decodeCursor(after);
    const rows = await newestSummaries(this.parts.db, id, filter, limit + 1, position);
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return {
      summaries: page.map((row) => ({
        ...(JSON.parse(row.payload) as Summary),
        receivedAt: row.received_at,
      })),
      next:
        last && rows.length > limit
          ? encodeCursor({ takenAt: last.taken_at, snapshot: last.snapshot })
          : null,
    };
  }

  /** Labels by day (UTC), of the days that `from` (inclusive) to `to` (exclusive) touches. Throws `not_found`. */
  async dailyTotals(id: string, from: number, to: number): Promise<DailyTotal[]> {
    await this.#row(id);
    return dailyTotals(this.parts.db, id, from, to);
  }

  /** Ranges of seq that are not there, and why. Throws `not_found`. */
  async gaps(id: string): Promise<SiteGaps> {
    await this.#row(id);
    return siteGaps(this.parts.db, id);
  }

  async #row(id: string): Promise<SiteTable> {
    const row = await site(this.parts.db, id);
    if (!row) throw notFound(id);
    return row;
  }

  #overview(row: SiteTable, totals: Awaited<ReturnType<typeof siteTotals>>[0] | undefined) {
    return {
      id: row.id,
      createdAt: row.created_at,
      provisioned: row.password_hash !== null,
      summaries: totals?.summaries ?? 0,
      detections: totals?.detections ?? 0,
      lastReceivedAt: totals?.lastReceivedAt ?? null,
      ...this.parts.presence.of(row.id),
    };
  }
}

const notFound = (id: string) => new ProblemError('not_found', `there is no site ${id}`);
