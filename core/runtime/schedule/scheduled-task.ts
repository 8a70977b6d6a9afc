import { messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import { DueTime } from './due-time.js';
import { type ScheduleTime, systemTime } from './schedule-time.js';

/** How often a schedule looks at the wall clock, so that it notices soon if that was set. */
const LOOK_MS = 10_000;

export interface ScheduledTaskOptions {
  name: string;
  /** Cron, with seconds first, as node-cron accepts it. */
  schedule: string;
  /** IANA time zone; the one of the process if it is left out. */
  zone?: string;
  work(): Promise<void>;
  /** Each run is delayed by a random time below this. The delay counts as part of the run. */
  maxDelayMs?: number;
  /** A run was due, and was skipped because the previous one has not ended. */
  onOverlap?(): void;
  log: Logger;
  time?: ScheduleTime;
}

/**
 * Runs work on a cron schedule, one run at a time. Missed runs (the process was busy, the machine slept, the clock
 * was set forward) are replaced by one run, at once. Whatever the wall clock is set to, an interval does not get longer,
 * and a time of day does not run twice if the clock is set back by less than three hours.
 */
export class ScheduledTask {
  readonly #time: ScheduleTime;
  readonly #due: DueTime;
  #isStarted = false;
  #cancelTimer: () => void = () => undefined;
  #cancelDelay: () => void = () => undefined;
  #running: Promise<void> | undefined;

  /** Throws if the schedule is not a cron expression, or the zone is unknown. */
  constructor(private readonly options: ScheduledTaskOptions) {
    this.#time = options.time ?? systemTime;
    this.#due = new DueTime(options.schedule, this.#time, options.zone);
  }

  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#due.restart();
    const { name, schedule, log } = this.options;
    if (this.nextRunAt === undefined)
      log.warn({ schedule }, `${name} never runs: no date matches its schedule`);
    this.#wait();
  }

  /** Waits for the current run. The task can be started again. */
  async stop(): Promise<void> {
    this.#isStarted = false;
    this.#cancelTimer();
    this.#cancelDelay();
    await this.#running;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Milliseconds since the Unix epoch, by the wall clock as it is now; undefined if stopped, or if it never runs. */
  get nextRunAt(): number | undefined {
    return this.#isStarted ? this.#due.nextRunAt : undefined;
  }

  /** Milliseconds until the next run; undefined if stopped, or if it never runs. */
  get msToNextRun(): number | undefined {
    if (!this.#isStarted) return undefined;
    const remaining = this.#due.remainingMs();
    return remaining === Number.POSITIVE_INFINITY ? undefined : Math.max(0, remaining);
  }

  /** For how long, by steady time, a run is due and did not begin; 0 if stopped. */
  get overdueMs(): number {
    return this.#isStarted ? this.#due.overdueMs : 0;
  }

  /** Begins a run if one is due. Its own timer calls it; others may, at any time. */
  check(): void {
    if (!this.#isStarted) return;
    if (this.#due.remainingMs() <= 0) {
      this.#due.pass();
      if (this.#running) this.options.onOverlap?.();
      else this.#begin();
    }
    this.#wait();
  }

  #wait(): void {
    this.#cancelTimer();
    if (!this.#isStarted) return;
    const ms = Math.min(Math.max(1, Math.ceil(this.#due.remainingMs())), LOOK_MS);
    this.#cancelTimer = this.#time.after(ms, () => this.check());
  }

  #begin(): void {
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  async #run(): Promise<void> {
    const { work, name, log, maxDelayMs = 0 } = this.options;
    try {
      const isStopped = await this.#delay(Math.floor(Math.random() * maxDelayMs));
      if (!isStopped) await work();
    } catch (error) {
      log.error({ error: messageOf(error) }, `${name} failed; the next run tries again`);
    }
  }

  /** Resolves with whether the task was stopped during the delay. */
  async #delay(ms: number): Promise<boolean> {
    if (ms === 0) return false;
    return new Promise((resolve) => {
      const cancel = this.#time.after(ms, () => resolve(false));
      this.#cancelDelay = () => {
        cancel();
        resolve(true);
      };
    });
  }
}
