import { messageOf } from './errors.js';
import type { Logger } from './logger.js';
import { ScheduledTask } from './schedule/scheduled-task.js';
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

/** Work that runs on a schedule, one run at a time. */
export class CronJob {
  readonly #task: ScheduledTask;
  readonly #turn = new SerialQueue();

  constructor(private readonly options: CronJobOptions) {
    const { name, schedule, log } = options;
    this.#task = new ScheduledTask({
      name,
      schedule,
      work: () => this.run(),
      onOverlap: () => log.debug({ job: name }, 'a run is left out: the one before is under way'),
      log,
    });
  }

  start(): void {
    this.#task.start();
  }

  /** Waits for a run that is under way. */
  async stop(): Promise<void> {
    await this.#task.stop();
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
