import { messageOf } from './errors.js';
import type { Logger } from './logger.js';
import { ScheduledTask } from './schedule/scheduled-task.js';
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
  readonly #task: ScheduledTask;
  readonly #queue = new SerialQueue();

  constructor(private readonly options: CronJobOptions) {
    const { name, schedule, log } = options;
    this.#task = new ScheduledTask({
      name,
      schedule,
      work: () => this.run(),
      onOverlap: () => log.debug({ job: name }, 'a run is skipped: the previous one has not ended'),
      log,
    });
  }

  start(): void {
    this.#task.start();
  }

  /** Waits for the current run. */
  async stop(): Promise<void> {
    await this.#task.stop();
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
