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
  /** What is said where the work fails; the next run tries again. */
  failure: string;
  log: Logger;
}

/** Work that comes again by the clock, one run at a time. */
export class CronJob {
  #task: ScheduledTask | undefined;
  readonly #turn = new SerialQueue();

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

  /** Waits for a run that is under way. */
  async stop(): Promise<void> {
    await this.#task?.destroy();
    await this.#turn.ended();
  }

  /** Runs now, after a run that is under way. Never rejects. */
  run(): Promise<void> {
    return this.#turn.run(() => this.#attempt());
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
