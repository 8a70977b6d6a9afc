import type { DiskBudget } from '../../core/images/disk-budget.js';
import { type Clock, systemClock } from '../../core/runtime/clock.js';
import { CronJob } from '../../core/runtime/cron-job.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import { SerialQueue } from '../../core/runtime/serial-queue.js';
import type { RetainedImages, RetainedRows } from './retained-images.js';

/** Images removed at once, and how often in one sweep: at most 20,000 images a minute. */
const CHUNK = 25;
const MAX_CHUNKS = 800;
/** Eviction frees space down to this part of the budget, so that the next snapshots fit. */
const TARGET = 0.95;

export interface RetentionOptions {
  images: RetainedImages;
  /** What the images take and may take; the removal of images reduces it. */
  space: DiskBudget;
  rows?: RetainedRows[];
  maxAgeMs: number;
  /** Age from which on processed images are removed; they go with their originals at `maxAgeMs` at the latest. */
  processedMaxAgeMs?: number;
  log: Logger;
  clock?: Clock;
}

export interface Sweep {
  /** Images removed for their age, and for space. */
  aged: number;
  evicted: number;
  /** Processed images removed while their originals stay. */
  processed: number;
  /** Rows removed, by the rows' name. */
  rows: Record<string, number>;
}

/** Keeps images and rows within their age and the disk budget: a sweep each minute, and space on demand in between. */
export class Retention implements Service {
  readonly name = 'retention';
  readonly #clock: Clock;
  readonly #job: CronJob;
  #stopping = false;
  /** Serialises what removes images, so that no bytes are counted twice. */
  readonly #removals = new SerialQueue();
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

  /** Waits for the chunk that is being removed. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#job.stop();
    await this.#removals.ended();
  }

  sweep(): Promise<Sweep> {
    return this.#removals.run(async () => {
      const { images, space, maxAgeMs, log } = this.options;
      const before = this.#clock() - maxAgeMs;
      const aged = await this.#removeChunks(() => images.removeOlderThan(before, CHUNK));
      const processed = await this.#removeProcessed();
      const evicted = (await space.isSpent()) ? await this.#evict(0) : 0;
      const rows = await this.#removeRows();
      const sweep = { aged, evicted, processed, rows };
      this.removed.images += aged + evicted;
      this.removed.processed += processed;
      if (aged + evicted + processed > 0 || Object.keys(rows).length > 0)
        log.info(sweep, 'images and rows removed');
      return sweep;
    });
  }

  /**
   * Removes the oldest camera snapshots until `bytes` more fit into the budget and onto the disk; for a snapshot
   * that is about to be stored. False if they do not fit even so, since uploads and protected images stay.
   */
  async makeRoom(bytes: number): Promise<boolean> {
    const fits = async () => !(await this.options.space.isSpent(bytes));
    if (await fits()) return true;
    return this.#removals.run(async () => {
      if (await fits()) return true;
      const evicted = await this.#evict(bytes);
      this.removed.images += evicted;
      if (evicted > 0) this.options.log.info({ evicted }, 'oldest snapshots removed to free space');
      return fits();
    });
  }

  /** Removes the oldest until `more` bytes fit, and the images take no more than `TARGET` of the budget. */
  async #evict(more: number): Promise<number> {
    const { images, space } = this.options;
    const excess = await space.excessBytes(more);
    const target = Math.min(space.usedBytes - excess, space.limits.maxBytes * TARGET);
    return this.#removeChunks(async () =>
      space.usedBytes > target ? images.removeOldest(CHUNK) : 0,
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

  /** Repeats until nothing more is removed, a sweep's bound is reached, or the service stops. */
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
