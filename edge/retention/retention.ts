import { createTask, type ScheduledTask } from 'node-cron';
import { type Clock, systemClock } from '../../core/runtime/clock.js';
import { cronLogger } from '../../core/runtime/cron-logger.js';
import { messageOf } from '../../core/runtime/errors.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { RetainedImages } from './retained-images.js';

/** Images removed at a time, and times in one sweep: at most 20,000 images a minute. */
const CHUNK = 25;
const MAX_CHUNKS = 800;
/** A sweep makes room down to this part of the budget, so that the next snapshots find some. */
const TARGET = 0.95;

export interface RetentionOptions {
  images: RetainedImages;
  maxAgeMs: number;
  budgetBytes: number;
  log: Logger;
  clock?: Clock;
}

export interface Sweep {
  /** Images removed for their age, and for room. */
  aged: number;
  evicted: number;
}

/** Keeps the images within their age and their disk budget: a sweep each minute, and room on demand in between. */
export class Retention implements Service {
  readonly name = 'retention';
  readonly #clock: Clock;
  #task: ScheduledTask | undefined;
  #stopping = false;
  /** The work that is under way; the next waits for it, so that no two count the same bytes. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: RetentionOptions) {
    this.#clock = options.clock ?? systemClock;
  }

  async start(): Promise<void> {
    this.#task = createTask('0 * * * * *', () => this.#sweepAndLog(), {
      name: this.name,
      noOverlap: true,
      logger: cronLogger(this.options.log),
    });
    this.#task.start();
  }

  /** Waits for the chunk that is under way. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#task?.destroy();
    await this.#turn;
  }

  sweep(): Promise<Sweep> {
    return this.#inTurn(async () => {
      const { images, maxAgeMs, budgetBytes, log } = this.options;
      const before = this.#clock() - maxAgeMs;
      const aged = await this.#removeChunks(() => images.removeOlderThan(before, CHUNK));
      const isOver = (await images.usedBytes()) > budgetBytes;
      const evicted = isOver ? await this.#evictTo(budgetBytes * TARGET) : 0;
      if (aged + evicted > 0) log.info({ aged, evicted }, 'removed old images');
      return { aged, evicted };
    });
  }

  /**
   * Removes the oldest camera snapshots until `bytes` more fit into the budget; for a snapshot that is
   * about to be stored. False where they do not fit even so, since uploads are not removed for it.
   */
  async makeRoom(bytes: number): Promise<boolean> {
    const { images, budgetBytes, log } = this.options;
    const fits = async () => (await images.usedBytes()) + bytes <= budgetBytes;
    if (await fits()) return true;
    return this.#inTurn(async () => {
      if (await fits()) return true;
      const evicted = await this.#evictTo(Math.min(budgetBytes * TARGET, budgetBytes - bytes));
      if (evicted > 0) log.info({ evicted }, 'removed the oldest snapshots to make room');
      return fits();
    });
  }

  async #sweepAndLog(): Promise<void> {
    await this.sweep().catch((error: unknown) => {
      this.options.log.error({ error: messageOf(error) }, 'old images could not be removed');
    });
  }

  async #evictTo(target: number): Promise<number> {
    const { images } = this.options;
    return this.#removeChunks(async () =>
      (await images.usedBytes()) > target ? images.removeOldest(CHUNK) : 0,
    );
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

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}
