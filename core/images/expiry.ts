import type { Clock } from '../runtime/clock.js';
import { CronJob } from '../runtime/cron-job.js';
import type { Service } from '../runtime/lifecycle.js';
import type { Logger } from '../runtime/logger.js';
import type { ImageStore } from './image-store.js';

const AT_ONCE = 200;

/** Removes expired images each minute, and bytes that nothing refers to any more. */
export class Expiry implements Service {
  readonly name = 'expiry';
  readonly #job: CronJob;

  constructor(
    private readonly store: ImageStore,
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {
    this.#job = new CronJob({
      name: this.name,
      schedule: '0 * * * * *',
      work: () => this.sweep(),
      failure: 'cannot remove expired images',
      log,
    });
  }

  async start(): Promise<void> {
    this.#job.start();
  }

  stop(): Promise<void> {
    return this.#job.stop();
  }

  async sweep(): Promise<void> {
    for (;;) {
      const expired = await this.store.expired(this.clock(), AT_ONCE);
      if (expired.length === 0) break;
      await this.store.remove(expired);
      this.log.info({ images: expired.length }, 'removed expired images');
    }
    await this.store.collect();
  }
}
