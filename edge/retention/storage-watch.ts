import type { DiskBudget } from '../../core/images/disk-budget.js';
import { messageOf } from '../../core/runtime/errors.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import { LogThrottle } from '../../core/runtime/log-throttle.js';
import type { Logger } from '../../core/runtime/logger.js';
import { SerialQueue } from '../../core/runtime/serial-queue.js';
import { isStorageFailure } from '../../core/store/storage-failure.js';

export interface StorageWatchOptions {
  /** Keeps what is found out: why the disk cannot be written. */
  space: DiskBudget;
  /** Writes to the database without changing anything. */
  probe(): Promise<void>;
  log: Logger;
}

const EVERY_MS = 10_000;
const LOG_EVERY_MS = 60_000;

/** Finds out whether the disk can be written: from its free bytes, from failed writes, and after one by a probe. */
export class StorageWatch implements Service {
  readonly name = 'storage watch';
  #throttle = new LogThrottle(LOG_EVERY_MS);
  #timer: NodeJS.Timeout | undefined;
  readonly #checks = new SerialQueue();

  constructor(private readonly options: StorageWatchOptions) {}

  async start(): Promise<void> {
    this.#timer = setInterval(() => this.#checkSoon(), EVERY_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#checks.ended();
  }

  /** Something was not stored, because it did not fit or because the disk cannot be written. */
  failed(error: unknown): void {
    if (isStorageFailure(error)) this.#writeFailed('the disk is full or cannot be written', error);
    else this.#checkSoon();
  }

  async #check(): Promise<void> {
    const { space, probe, log } = this.options;
    try {
      if ((await space.measure()) < space.reserveBytes) {
        this.#writeFailed('the disk is full');
        return;
      }
      if (!space.writeFailure) return;
      await probe();
      space.writeSucceeded();
      this.#throttle = new LogThrottle(LOG_EVERY_MS);
      log.info('the disk can be written again');
    } catch (error) {
      this.#writeFailed('the disk cannot be written', error);
    }
  }

  #checkSoon(): void {
    void this.#checks.run(() => this.#check());
  }

  #writeFailed(reason: string, error?: unknown): void {
    const { space, log } = this.options;
    space.writeFailed(reason);
    if (this.#throttle.isDue('write failure'))
      log.error({ error: error && messageOf(error) }, `${reason}; nothing is recorded`);
  }
}
