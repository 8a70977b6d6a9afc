import { createTask, type ScheduledTask } from 'node-cron';
import { cronLogger } from './cron-logger.js';
import { messageOf } from './errors.js';
import type { Logger } from './logger.js';
import { SerialQueue } from './serial-queue.js';

export interface CronJobOptions {
  name: string;
  /** Cron, with seconds first. */
  schedule: string;
  work(): Promise<void>;
  /** Logged if the work fails; the next run tries again. */
  failure: string;
  log: Logger;
}

/** Work on a cron schedule, one run at a time. */
export class CronJob {
  #task: ScheduledTask | undefined;
  readonly #queue = new SerialQueue();

  constructor(private readonly options: CronJobOptions) {}

  start(): void {
    const { name, schedule, log } = this.options;
    this.#task = createTask(schedule, () => this.run(), {
      name,
      noOverlap: true,
      logger: cronLogger(log),
    });
    this.#task.start();
  }

  /** Waits for the current run. */
  async stop(): Promise<void> {
    await this.#task?.destroy();
    await this.#queue.ended();
  }

  /** Runs now, or after the current run. Never rejects. */
  run(): Promise<void> {
    return this.#queue.run(() => this.#attempt());
  }

  async #attempt(): Promise<void> {
    const { work, failure, log } = this.options;
    try {
      await work();
    } catch (error) {
      log.error({ error: messageOf(error) }, failure);
    }
  }
}
