import { createTask, type ScheduledTask } from 'node-cron';
import type { Clock } from '../runtime/clock.js';
import { cronLogger } from '../runtime/cron-logger.js';
import type { Service } from '../runtime/lifecycle.js';
import type { Logger } from '../runtime/logger.js';
import type { ImageStore } from './image-store.js';

const AT_ONCE = 200;

/** Removes what has expired, each minute, and the bytes that nothing refers to any more. */
export class Expiry implements Service {
  readonly name = 'expiry';
  #task: ScheduledTask | undefined;

  constructor(
    private readonly store: ImageStore,
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {}

  async start(): Promise<void> {
    this.#task = createTask('0 * * * * *', () => this.sweep(), {
      name: this.name,
      noOverlap: true,
      logger: cronLogger(this.log),
    });
    this.#task.start();
  }

  async stop(): Promise<void> {
    await this.#task?.destroy();
  }

  async sweep(): Promise<void> {
    try {
      for (;;) {
        const expired = await this.store.expired(this.clock(), AT_ONCE);
        if (expired.length === 0) break;
        await this.store.remove(expired);
        this.log.info({ images: expired.length }, 'removed expired images');
      }
      await this.store.collect();
    } catch (error) {
      this.log.error({ err: error }, 'expired images could not be removed');
    }
  }
}
