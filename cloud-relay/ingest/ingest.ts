import type { Kysely } from 'kysely';
import { NIL_EPOCH } from '../../core/contract/summary.js';
import type { InvalidMessage, MessageBus, Received } from '../../core/messaging/message-bus.js';
import { type Clock, systemClock } from '../../core/runtime/clock.js';
import { messageOf } from '../../core/runtime/errors.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import { LogThrottle } from '../../core/runtime/log-throttle.js';
import type { Logger } from '../../core/runtime/logger.js';
import { Batcher } from '../../core/store/batcher.js';
import { unavailabilityOf } from '../../core/store/database-unavailable.js';
import { isPostgres } from '../../core/store/dialect.js';
import { isStorageFailure } from '../../core/store/storage-failure.js';
import type { SiteRegistry } from '../fleet/site-registry.js';
import { ledgerOf } from '../store/ledger-table.js';
import type { RelayTables } from '../store/relay-tables.js';
import { latestRemoved } from '../store/removed-outbox-table.js';
import { Acknowledger } from './acknowledger.js';
import type { Arrival } from './arrival.js';
import { commitAgain } from './commit-again.js';
import { commitBatch } from './commit-batch.js';
import { commitPerSite } from './commit-per-site.js';
import { againOf, InvalidRecords, refusalOf } from './invalid-records.js';
import { type SiteBudgetLimits, SiteBudgets } from './site-budgets.js';
import { UnstorableRecords } from './unstorable-records.js';
import { UnstoredRecords } from './unstored-records.js';

export interface IngestOptions {
  /** Records that are written at once; each may be a row of seven columns in a statement, of which SQLite takes 32,766. */
  maxBatch?: number;
  /** How long a batch collects records before it is written, in milliseconds. */
  lingerMs?: number;
  /** Records received and not committed; at this number, nothing is read from the broker until one is committed. */
  maxPending?: number;
  /** Divides the records among the relays with the same group; for MQTT 5. */
  shareGroup?: string | undefined;
  /** Called for each record of an admitted site that arrives. */
  onRecord?: (site: string) => void;
  budgets?: Partial<SiteBudgetLimits>;
}

/** The default. Also the number of records that the broker may send without a confirmation. */
export const MAX_PENDING = 2_000;

/** On SQLite a batch keeps the process waiting: 400 take less than half as long, and as many are committed a second. */
const MAX_BATCH = { sqlite: 400, postgres: 1_000 };

export interface IngestStatus {
  received: number;
  committed: number;
  duplicates: number;
  /** From sites that are not admitted. */
  refused: number;
  /** Not what was sent: their checksum does not match. The appliance sends them again. */
  damaged: number;
  /** Refused permanently: the appliance sets them aside. */
  rejected: number;
  /** Records with the number of another summary: two appliances use copies of one database. */
  conflicts: number;
  /** Summaries that are gone: this relay does not have them, and the appliance no longer holds them. */
  lost: number;
  /** Not stored because of an error; the appliance sends them again. */
  failed: number;
  batches: number;
  waiting: number;
  /** Records beyond the budget of their site: they are not stored. */
  overBudget: number;
  /** Summaries of which labels are beyond the budget of their site. */
  collapsed: number;
}

const LOG_EVERY_MS = 60_000;

/**
 * Receives records: batches them, commits them, and acknowledges to the appliance what is committed. The broker gets
 * its confirmation (PUBACK) once a commit has succeeded or failed: it only bounds the records in flight. The appliance
 * keeps each record until the relay's acknowledgement, and sends it again if none arrives. The broker gives another
 * relay the records that one had not confirmed when it died.
 */
export class Ingest implements Service {
  readonly name = 'ingest';
  /** Resolves with the error that kept a record from being stored. */
  readonly #batcher: Batcher<Arrival, unknown>;
  readonly #acknowledger: Acknowledger;
  readonly #unstored: UnstoredRecords;
  readonly #budgets: SiteBudgets;
  readonly #counts = {
    received: 0,
    committed: 0,
    duplicates: 0,
    refused: 0,
    failed: 0,
    lost: 0,
    conflicts: 0,
    batches: 0,
  };
  readonly #invalid = new InvalidRecords();
  readonly #unstorable = new UnstorableRecords();
  #lastBatch: Promise<unknown> = Promise.resolve();
  readonly #failures = new LogThrottle(LOG_EVERY_MS);
  #storageFailure: { reason: string; at: number } | undefined;

  constructor(
    private readonly bus: MessageBus,
    private readonly db: Kysely<RelayTables>,
    private readonly sites: SiteRegistry,
    private readonly log: Logger,
    private readonly options: IngestOptions = {},
    private readonly clock: Clock = systemClock,
  ) {
    this.#acknowledger = new Acknowledger(bus, log);
    this.#unstored = new UnstoredRecords(this.#acknowledger, db, log);
    this.#budgets = new SiteBudgets(db, log, options.budgets);
    this.#batcher = new Batcher(
      (arrivals) =>
        commitPerSite(db, arrivals, (some) => this.#commit(some), this.#unstorable.isSuspect),
      options.maxBatch ?? (isPostgres(db) ? MAX_BATCH.postgres : MAX_BATCH.sqlite),
      options.lingerMs ?? 10,
    );
  }

  async start(): Promise<void> {
    const { shareGroup, maxPending = MAX_PENDING } = this.options;
    this.bus.subscribe('up', {}, (message) => this.#receive(message), {
      shareGroup,
      maxPending,
      onInvalid: (message) => this.#refuseInvalid(message),
    });
    this.bus.subscribe('siteAvailability', {}, ({ names, payload }) =>
      payload === 'online' ? this.#acknowledgeAgain(names.site) : undefined,
    );
  }

  /**
   * Acknowledges again to an appliance that connects, also if this relay has just started: the retained
   * acknowledgement may be gone with an embedded broker, and a restored copy of an outbox must see it before it sends.
   * A relay that has nothing of the site says so: it may have been restored from a backup.
   */
  async #acknowledgeAgain(site: string): Promise<void> {
    const [reported] = await ledgerOf(this.db, site, 1);
    if (!reported && !(await this.sites.admit(site))) return;
    // What an operator removed does not come again.
    const latest = reported ?? (await latestRemoved(this.db, site));
    this.#acknowledger.acknowledge([latest ?? { site, epoch: NIL_EPOCH, watermark: 0, ahead: [] }]);
  }

  /** Waits for the records that were received. */
  async stop(): Promise<void> {
    await this.#lastBatch.catch(() => undefined);
  }

  status(): IngestStatus {
    const { counts } = this.#budgets;
    return { ...this.#counts, ...this.#invalid.counts, ...counts, waiting: this.#batcher.waiting };
  }

  /** Why the last records could not be stored, if the database or its disk was the reason within the last minute. */
  storageFailure(): string | undefined {
    const failure = this.#storageFailure;
    return failure && performance.now() - failure.at < LOG_EVERY_MS ? failure.reason : undefined;
  }

  async #receive(message: Received<'up'>): Promise<void> {
    const { site } = message.names;
    try {
      if (this.sites.has(site) || (await this.sites.admit(site))) {
        this.options.onRecord?.(site);
        const fault = await this.#queue(message);
        if (fault !== undefined) await this.#onFault(message, fault);
      } else this.#counts.refused++;
    } catch (error) {
      this.#fail(site, error);
    }
  }

  async #refuseInvalid(message: InvalidMessage): Promise<void> {
    const refused = this.#invalid.refuse(message);
    if (!refused) return this.#askAgain(message);
    try {
      const { site, refusal } = refused;
      if (await this.sites.admit(site)) await this.#unstored.refuse(refused, refusal);
    } catch (error) {
      this.#fail(refused.site, error);
    }
  }

  /** Only of an outbox that is known: site or epoch may be what was damaged. */
  async #askAgain(message: InvalidMessage): Promise<void> {
    const damaged = againOf(message);
    if (!damaged || !this.sites.has(damaged.site)) return;
    try {
      await this.#unstored.askAgain(damaged);
    } catch (error) {
      this.#fail(damaged.site, error);
    }
  }

  /** A record that the database does not take, though it is alone in its batch, would hold up those behind it. */
  async #onFault({ names: { site }, payload }: Received<'up'>, fault: unknown): Promise<void> {
    this.#fail(site, fault);
    const { epoch, seq } = payload;
    if (!this.#unstorable.isRefused(site, epoch, seq, fault)) return;
    this.#invalid.counts.rejected++;
    const snapshot = 'summary' in payload ? payload.summary.snapshot : undefined;
    const reason = `the relay cannot store it: ${messageOf(fault)}`;
    await this.#unstored.refuse(
      { site, epoch },
      refusalOf({ seq, ...(snapshot && { snapshot }) }, reason),
    );
  }

  /** Resolves once the record is committed, or with what prevented that. */
  #queue({ names, payload }: Received<'up'>): Promise<unknown> {
    this.#counts.received++;
    const written = this.#batcher.add({
      site: names.site,
      record: payload,
      receivedAt: this.clock(),
    });
    this.#lastBatch = written;
    return written;
  }

  async #commit(received: Arrival[]): Promise<void> {
    const {
      admitted: arrivals,
      held,
      refused,
    } = await commitAgain(() => this.#budgets.admit(received, this.clock()));
    await this.#unstored.reportHeld(held);
    for (const { refusal, ...outbox } of refused) {
      this.#invalid.counts.rejected++;
      await this.#unstored.refuse(outbox, refusal);
    }
    if (arrivals.length === 0) return;
    const { ledger, added, lost, conflicts, unknown } = await commitAgain(() =>
      commitBatch(this.db, arrivals, this.clock()),
    );
    this.#storageFailure = undefined;
    this.#counts.batches++;
    this.#counts.committed += added;
    this.#counts.duplicates += arrivals.length - added;
    for (const site of unknown) this.sites.remove(site);
    for (const { site, epoch, ranges } of lost) {
      this.#counts.lost += ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0);
      this.log.error(
        { site, epoch, ranges: ranges.slice(0, 8) },
        'summaries lost: this relay does not have them, and the appliance no longer holds them',
      );
    }
    this.#counts.conflicts += conflicts.length;
    for (const conflict of conflicts) this.#unstored.reportConflict(conflict);
    this.#acknowledger.acknowledge(ledger, lost);
  }

  #fail(site: string, error: unknown): void {
    this.#counts.failed++;
    const now = performance.now();
    if (unavailabilityOf(error) || isStorageFailure(error))
      this.#storageFailure = {
        reason: `summaries cannot be stored: ${messageOf(error)}`,
        at: now,
      };
    if (!this.#failures.isDue('')) return;
    this.log.error(
      { site, error: messageOf(error) },
      'cannot store summaries; the appliance sends them again',
    );
  }
}
