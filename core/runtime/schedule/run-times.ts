import { CronExpression } from './cron-expression.js';
import { nextRun } from './next-run.js';
import { TimeZone } from './time-zone.js';

/** The times of a cron schedule, apart from any timer. */
export class RunTimes {
  readonly #expression: CronExpression;
  readonly #zone: TimeZone;

  /** `zone` is that of the process if it is left out. Throws as `ScheduledTask` does. */
  constructor(schedule: string, zone?: string) {
    this.#expression = new CronExpression(schedule);
    this.#zone = new TimeZone(zone);
  }

  /** Whether it runs at times of day, not in intervals. */
  get isFixedTime(): boolean {
    return this.#expression.isFixedTime;
  }

  /** The first run after a time in milliseconds since the Unix epoch; undefined if there is none. */
  after(ms: number): number | undefined {
    return nextRun(this.#expression, ms, this.#zone);
  }
}
