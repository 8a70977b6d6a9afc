import type { Kysely } from 'kysely';
import type { MessageBus, Received } from '../../core/messaging/message-bus.js';
import { type Clock, systemClock } from '../../core/runtime/clock.js';
import { messageOf } from '../../core/runtime/errors.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import { Batcher } from '../../core/store/batcher.js';
import type { SiteRegistry } from '../fleet/site-registry.js';
import type { RelayTables } from '../store/relay-tables.js';
import type { Arrival } from '../store/summary-table.js';
import { Acknowledger } from './acknowledger.js';
import { commitBatch } from './commit-batch.js';

export interface IngestOptions {
  maxBatch?: number;
  /** How long a batch gathers before it is written. */
  lingerMs?: number;
  /** Records that wait for a batch; with more, nothing is read from the broker until one is written. */
  maxWaiting?: number;
}

export interface IngestStatus {
  received: number;
  committed: number;
  duplicates: number;
  /** From sites that are not admitted. */
  refused: number;
  /** Could not be written; the appliance sends them again. */
  failed: number;
  batches: number;
  waiting: number;
}

const LOG_EVERY_MS = 60_000;

/**
 * Takes summaries in: batches them, commits, and only then acknowledges them to their appliance.
 *
 * The broker gets its PUBACK before the commit, on purpose: mqtt.js hands messages over one at a time, so a
 * PUBACK that waited for the commit would make every batch one record long. Nothing hangs on it, as the session
 * is clean and the appliance keeps each record until our own acknowledgement.
 */
export class Ingest implements Service {
  readonly name = 'ingest';
  readonly #batcher: Batcher<Arrival, undefined>;
  readonly #acknowledger: Acknowledger;
  readonly #maxWaiting: number;
  readonly #counts = {
    received: 0,
    committed: 0,
    duplicates: 0,
    refused: 0,
    failed: 0,
    batches: 0,
  };
  #lastBatch: Promise<unknown> = Promise.resolve();
  #lastLogged = -LOG_EVERY_MS;

  constructor(
    private readonly bus: MessageBus,
    private readonly db: Kysely<RelayTables>,
    private readonly sites: SiteRegistry,
    private readonly log: Logger,
    options: IngestOptions = {},
    private readonly clock: Clock = systemClock,
  ) {
    this.#maxWaiting = options.maxWaiting ?? 2_000;
    this.#acknowledger = new Acknowledger(bus, log);
    this.#batcher = new Batcher(
      (arrivals) => this.#commit(arrivals),
      options.maxBatch ?? 500,
      options.lingerMs ?? 10,
    );
  }

  async start(): Promise<void> {
    this.bus.subscribe('up', {}, (message) => this.#take(message));
  }

  /** Waits for what has been taken in. */
  async stop(): Promise<void> {
    await this.#lastBatch;
  }

  status(): IngestStatus {
    return { ...this.#counts, waiting: this.#batcher.waiting };
  }

  #take(message: Received<'up'>): void | Promise<void> {
    const { site } = message.names;
    if (this.sites.has(site)) return this.#queue(message);
    return this.sites.admit(site).then(
      (admitted) => {
        if (admitted) return this.#queue(message);
        this.#counts.refused++;
      },
      (error: unknown) => this.#fail(error),
    );
  }

  /** The promise holds up the reading while too many wait. */
  #queue({ names, payload }: Received<'up'>): void | Promise<void> {
    this.#counts.received++;
    const written = this.#batcher
      .add({ site: names.site, record: payload, receivedAt: this.clock() })
      .catch((error: unknown) => {
        this.#fail(error);
      });
    this.#lastBatch = written;
    if (this.#batcher.waiting >= this.#maxWaiting) return written;
  }

  async #commit(arrivals: Arrival[]): Promise<undefined[]> {
    const { marks, added, lost } = await commitBatch(this.db, arrivals, this.clock());
    this.#counts.batches++;
    this.#counts.committed += added;
    this.#counts.duplicates += arrivals.length - added;
    for (const { site, epoch, seq } of lost)
      this.log.warn({ site, epoch, above: seq }, 'summaries are missing that the site has not');
    this.#acknowledger.acknowledge(marks);
    return arrivals.map(() => undefined);
  }

  #fail(error: unknown): void {
    this.#counts.failed++;
    const now = performance.now();
    if (now - this.#lastLogged < LOG_EVERY_MS) return;
    this.#lastLogged = now;
    this.log.error({ error: messageOf(error) }, 'could not store summaries; they will come again');
  }
}
