import { statfs } from 'node:fs/promises';
import { messageOf } from '../../core/runtime/errors.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import { SerialQueue } from '../../core/runtime/serial-queue.js';
import { isStorageFailure } from '../../core/store/storage-failure.js';

export interface StorageWatchOptions {
  dataFolder: string;
  /** With fewer bytes free, nothing is stored. */
  minFreeBytes: number;
  /** Writes to the database without changing anything. */
  probe(): Promise<void>;
  log: Logger;
}

/** With fewer bytes free a disk is full, whatever the settings say. */
const FULL_BYTES = 1_000_000;
const EVERY_MS = 10_000;
const LOG_EVERY_MS = 60_000;

/** Knows whether the disk can be written, says so once a minute while it cannot, and notices when it can again. */
export class StorageWatch implements Service {
  readonly name = 'storage watch';
  #reason: string | undefined;
  #lastLogged = -LOG_EVERY_MS;
  #timer: NodeJS.Timeout | undefined;
  readonly #turn = new SerialQueue();

  constructor(private readonly options: StorageWatchOptions) {}

  async start(): Promise<void> {
    this.#timer = setInterval(() => this.#checkSoon(), EVERY_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#turn.ended();
  }

  /** Why the disk cannot be written; undefined where it can. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** Something was not stored: for lack of room, or since the disk cannot be written. */
  failed(error: unknown): void {
    if (isStorageFailure(error)) this.#note('the disk is full or cannot be written', error);
    else this.#checkSoon();
  }

  async #check(): Promise<void> {
    try {
      const { bavail, bsize } = await statfs(this.options.dataFolder);
      const least = Math.max(this.options.minFreeBytes, FULL_BYTES);
      if (bavail * bsize < least) return this.#note('the disk is full', undefined);
      if (!this.#reason) return;
      await this.options.probe();
      this.#reason = undefined;
      this.#lastLogged = -LOG_EVERY_MS;
      this.options.log.info('the disk can be written again');
    } catch (error) {
      this.#note('the disk cannot be written', error);
    }
  }

  #checkSoon(): void {
    void this.#turn.run(() => this.#check());
  }

  #note(reason: string, error: unknown): void {
    this.#reason = reason;
    const now = performance.now();
    if (now - this.#lastLogged < LOG_EVERY_MS) return;
    this.#lastLogged = now;
    this.options.log.error({ error: error && messageOf(error) }, `${reason}: nothing is recorded`);
  }
}
