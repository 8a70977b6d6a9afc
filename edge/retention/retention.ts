import { type Clock, systemClock } from '../../core/runtime/clock.js';
import { CronJob } from '../../core/runtime/cron-job.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import { SerialQueue } from '../../core/runtime/serial-queue.js';
import type { RetainedImages, RetainedRows } from './retained-images.js';

/** Images removed at a time, and times in one sweep: at most 20,000 images a minute. */
const CHUNK = 25;
const MAX_CHUNKS = 800;
/** A sweep makes room down to this part of the budget, so that the next snapshots find some. */
const TARGET = 0.95;

export interface RetentionOptions {
  images: RetainedImages;
  rows?: RetainedRows[];
  maxAgeMs: number;
  /** Age from which on processed images go; never above `maxAgeMs` in effect. */
  processedMaxAgeMs?: number;
  budgetBytes: number;
  /** Bytes that stay free on the disk, whatever the budget says. */
  minFreeBytes?: number;
  log: Logger;
  clock?: Clock;
}

export interface Sweep {
  /** Images removed for their age, and for room. */
  aged: number;
  evicted: number;
  /** Processed images removed while their originals stay. */
  processed: number;
  /** Rows removed, by the rows' name. */
  rows: Record<string, number>;
}

/** Keeps images and rows within their age and their budget: a sweep each minute, and room on demand in between. */
export class Retention implements Service {
  readonly name = 'retention';
  readonly #clock: Clock;
  readonly #job: CronJob;
  #stopping = false;
  /** Of all that removes, so that no two count the same bytes. */
  readonly #turn = new SerialQueue();
  /** Since the start. */
  readonly removed = { images: 0, processed: 0, rows: 0 };

  constructor(private readonly options: RetentionOptions) {
    this.#clock = options.clock ?? systemClock;
    this.#job = new CronJob({
      name: this.name,
      schedule: '0 * * * * *',
      work: async () => void (await this.sweep()),
      failure: 'old images could not be removed',
      log: options.log,
    });
  }

  async start(): Promise<void> {
    this.#job.start();
  }

  /** Waits for the chunk that is under way. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#job.stop();
    await this.#turn.ended();
  }

  sweep(): Promise<Sweep> {
    return this.#turn.run(async () => {
      const { images, maxAgeMs, log } = this.options;
      const before = this.#clock() - maxAgeMs;
      const aged = await this.#removeChunks(() => images.removeOlderThan(before, CHUNK));
      const processed = await this.#removeProcessed();
      const evicted = (await this.#lacking(0)) > 0 ? await this.#evict(0) : 0;
      const rows = await this.#removeRows();
      const sweep = { aged, evicted, processed, rows };
      this.removed.images += aged + evicted;
      this.removed.processed += processed;
      if (aged + evicted + processed > 0 || Object.keys(rows).length > 0)
        log.info(sweep, 'removed what is past its age or its room');
      return sweep;
    });
  }

  /**
   * Removes the oldest camera snapshots until `bytes` more fit into the budget and onto the disk; for a snapshot
   * that is about to be stored. False where they do not fit even so, since uploads and what is spared stay.
   */
  async makeRoom(bytes: number): Promise<boolean> {
    const fits = async () => (await this.#lacking(bytes)) <= 0;
    if (await fits()) return true;
    return this.#turn.run(async () => {
      if (await fits()) return true;
      const evicted = await this.#evict(bytes);
      this.removed.images += evicted;
      if (evicted > 0)
        this.options.log.info({ evicted }, 'removed the oldest snapshots to make room');
      return fits();
    });
  }

  /** Bytes that have to go before `more` fit; 0 or less where they do. */
  async #lacking(more: number): Promise<number> {
    const { images, budgetBytes, minFreeBytes = 0 } = this.options;
    const [used, free] = await Promise.all([images.usedBytes(), images.freeBytes()]);
    return Math.max(used + more - budgetBytes, minFreeBytes + more - free);
  }

  /** Removes the oldest until `more` bytes fit, and some room beyond. */
  async #evict(more: number): Promise<number> {
    const { images, budgetBytes } = this.options;
    const used = await images.usedBytes();
    const target = Math.min(used - (await this.#lacking(more)), budgetBytes * TARGET);
    return this.#removeChunks(async () =>
      (await images.usedBytes()) > target ? images.removeOldest(CHUNK) : 0,
    );
  }

  async #removeProcessed(): Promise<number> {
    const { images, processedMaxAgeMs } = this.options;
    if (processedMaxAgeMs === undefined) return 0;
    const before = this.#clock() - processedMaxAgeMs;
    return this.#removeChunks(() => images.removeProcessedOlderThan(before, CHUNK));
  }

  async #removeRows(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const rows of this.options.rows ?? []) {
      const removed = await this.#removeChunks(() => rows.removeSome(CHUNK));
      if (removed > 0) counts[rows.name] = removed;
      this.removed.rows += removed;
    }
    return counts;
  }

  /** Repeats until nothing is removed any more, a sweep's bound is reached, or the service stops. */
  async #removeChunks(remove: () => Promise<number>): Promise<number> {
    let total = 0;
    for (let chunk = 0; chunk < MAX_CHUNKS && !this.#stopping; chunk++) {
      const removed = await remove();
      if (removed === 0) break;
      total += removed;
    }
    return total;
  }
}
