import type { Kysely } from 'kysely';
import { type Clock, systemClock } from '../../core/runtime/clock.js';
import { ProblemError } from '../../core/runtime/errors.js';
import type { Logger } from '../../core/runtime/logger.js';
import { boundedPage } from '../../core/store/bounded-page.js';
import { enrolmentTable } from '../store/enrolment-table.js';
import type { RelayTables, SiteRow } from '../store/relay-tables.js';
import { removeDelivered } from '../store/remove-delivered.js';
import {
  addSites,
  beginRemoval,
  lockRemoval,
  provisionSite,
  removeSite,
  setPasswordHash,
  siteIds,
  sites,
} from '../store/site-table.js';
import { type SiteTotals, siteTotals, sumOfTotals } from '../store/site-total-table.js';
import type { BrokerAccountStore } from './broker-account-store.js';
import { Deliveries } from './deliveries.js';
import { existingSite, siteNotFound } from './existing-site.js';
import { hashPassword, newPassword } from './password-hash.js';
import type { Presence, SitePresence } from './presence.js';
import type { SiteRegistry } from './site-registry.js';

export interface SiteOverview extends SitePresence {
  id: string;
  createdAt: number;
  /** Whether it has an account at the broker. */
  provisioned: boolean;
  summaries: number;
  detections: number;
  /** When the relay committed its last summary. */
  lastReceivedAt: number | null;
  /** What it sent beyond its budget within the last hour, in words. */
  overBudget: string | null;
}

export interface FleetTotals {
  sites: number;
  online: number;
  summaries: number;
  detections: number;
}

export interface SitePage {
  sites: SiteOverview[];
  next: string | null;
}

export interface FleetParts {
  db: Kysely<RelayTables>;
  registry: SiteRegistry;
  presence: Presence;
  /** The broker's store of accounts, if it has its own. */
  accounts?: BrokerAccountStore | undefined;
  /** Names of the broker's accounts that do not belong to a site. */
  fixedNames?: readonly string[];
  /** Closes the connection of a site whose password was replaced. */
  disconnect?: (site: string) => void;
  /** Closes the connection of a site that was removed, and clears its retained messages. */
  forget?: (site: string) => void;
  log: Logger;
  clock?: Clock;
}

/** So long a site is shown as limited after it sent something beyond its budget. */
const LIMITED_MS = 3_600_000;
/** Of a site, besides its text. */
const ITEM_BYTES = 500;

/** The sites and their state. Times are milliseconds since the Unix epoch. */
export class Fleet {
  readonly #clock: Clock;
  readonly deliveries: Deliveries;

  constructor(private readonly parts: FleetParts) {
    this.#clock = parts.clock ?? systemClock;
    this.deliveries = new Deliveries(parts.db, parts.log);
  }

  /**
   * Creates a site with its account. The password is not stored: it can be shown only now. Throws `conflict`, and
   * `broker_unavailable` if an external broker stores the accounts.
   */
  async createSite(id: string): Promise<{ id: string; password: string }> {
    const { db, accounts, registry, fixedNames } = this.parts;
    if (fixedNames?.includes(id))
      throw new ProblemError(
        'conflict',
        `the broker has an account named ${id} that is not a site's; choose another name`,
      );
    const password = newPassword();
    const hash = await hashPassword(password);
    // The broker is called within the transaction: of two callers that create the same site one succeeds, and if the
    // broker refuses the account, no row is left. This takes the control's deadline at most, with an external broker.
    await db.transaction().execute(async (trx) => {
      const now = this.#clock();
      if (await lockRemoval(trx, id)) {
        await removeDelivered(trx, id, now);
        await removeSite(trx, id);
      }
      // An interrupted removal may have left rows of an earlier site with this name.
      if ((await addSites(trx, [id], now)) > 0) await removeDelivered(trx, id, now);
      if (!(await provisionSite(trx, id, hash, now)))
        throw new ProblemError('conflict', `the site ${id} already exists`);
      await accounts?.create(id, password);
    });
    registry.add(id);
    return { id, password };
  }

  /**
   * Replaces a site's password, and closes its connection; what it reported stays. For an appliance that is replaced,
   * or a password that may be known to others. Throws `not_found`, and `broker_unavailable`.
   */
  async renewPassword(id: string): Promise<{ id: string; password: string }> {
    const { db, registry, accounts, disconnect } = this.parts;
    const password = newPassword();
    const hash = await hashPassword(password);
    await db.transaction().execute(async (trx) => {
      if (!(await setPasswordHash(trx, id, hash))) throw siteNotFound(id);
      await accounts?.create(id, password);
    });
    registry.add(id);
    disconnect?.(id);
    return { id, password };
  }

  /**
   * Removes a site's account and all that it delivered, or the rest if an earlier removal was interrupted. Throws
   * `not_found` if there is neither, and `broker_unavailable` as above.
   */
  async removeSite(id: string): Promise<void> {
    const { db, registry, presence, accounts, forget } = this.parts;
    const now = this.#clock();
    const existed = await db.transaction().execute(async (trx) => {
      if (!(await beginRemoval(trx, id, now))) return false;
      // A code that is still open would be good for a site that gets the same name later.
      await enrolmentTable.remove(trx, id);
      await accounts?.delete(id);
      return true;
    });
    if (existed) {
      registry.remove(id);
      presence.forget(id);
      forget?.(id);
    }
    // Nothing is accepted before its row is gone: if this is interrupted, the rest stays until the next removal.
    const removed = await removeDelivered(db, id, now, existed);
    await removeSite(db, id);
    if (!existed && removed === 0) throw siteNotFound(id);
  }

  /** How many sites report in time, and how many have stopped reporting; a site that never reported is in neither. */
  async reportingSites(): Promise<{ reporting: number; stale: number }> {
    const { db, presence } = this.parts;
    const reported = (await siteIds(db))
      .map((id) => presence.of(id))
      .filter(({ lastSeenAt }) => lastSeenAt !== null);
    const stale = reported.filter((presence) => presence.stale).length;
    return { reporting: reported.length - stale, stale };
  }

  /** Sites in the order of their ids. A page ends before `limit` if the sites' reports are large. */
  async listSites({
    limit = 1_000,
    after,
  }: {
    limit?: number;
    after?: string | undefined;
  } = {}): Promise<SitePage> {
    const { db } = this.parts;
    const { items, hasMore } = await boundedPage<SiteRow>(
      { limit },
      ({ id }) => ITEM_BYTES + this.#reportBytes(id),
      (count, last) => sites(db, { limit: count, after: last?.id ?? after }),
    );
    const ids = items.map(({ id }) => id);
    const totals = new Map((await siteTotals(db, ids)).map((t) => [t.site, t]));
    return {
      sites: items.map((row) => this.#overview(row, totals.get(row.id))),
      next: hasMore ? (ids.at(-1) ?? null) : null,
    };
  }

  #reportBytes(id: string): number {
    const { health } = this.parts.presence.of(id);
    return health?.reasons.reduce((sum, reason) => sum + reason.length, 0) ?? 0;
  }

  /** Of all sites together. */
  async totals(): Promise<FleetTotals> {
    const { db, presence } = this.parts;
    const ids = await siteIds(db);
    const online = ids.filter((id) => presence.of(id).availability === 'online').length;
    return { sites: ids.length, online, ...(await sumOfTotals(db)) };
  }

  /** Throws `not_found`. */
  async site(id: string): Promise<SiteOverview> {
    const row = await existingSite(this.parts.db, id);
    const [totals] = await siteTotals(this.parts.db, [id]);
    return this.#overview(row, totals);
  }

  #overview(row: SiteRow, totals: SiteTotals | undefined): SiteOverview {
    const isLimited = this.#clock() - (totals?.limitedAt ?? Number.NEGATIVE_INFINITY) < LIMITED_MS;
    return {
      id: row.id,
      createdAt: row.created_at,
      provisioned: row.password_hash !== null,
      summaries: totals?.summaries ?? 0,
      detections: totals?.detections ?? 0,
      lastReceivedAt: totals?.lastReceivedAt ?? null,
      overBudget: isLimited ? (totals?.limited ?? null) : null,
      ...this.parts.presence.of(row.id),
    };
  }
}
