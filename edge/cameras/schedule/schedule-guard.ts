import { type Clock, systemClock } from '../../../core/runtime/clock.js';
import { ClockSteps } from '../../../core/runtime/clock-steps.js';
import type { Logger } from '../../../core/runtime/logger.js';

/** A schedule that is overdue for this long has stalled. */
const STALLED_MS = 30_000;
const CLOCK_STEP_MS = 5_000;
/** This many restarts without a run are a fault. */
const MAX_RESTARTS = 3;

/** The part of a node-cron task that is used. */
interface CronTask {
  on(event: (typeof RUN_EVENTS)[number], listener: () => void): void;
  /** By the current clock; null if the task is stopped. */
  getNextRun(): Date | null;
  start(): void;
  stop(): void;
}

/** The task ran, was skipped because the previous run has not ended, or was too late. */
const RUN_EVENTS = ['execution:started', 'execution:overlap', 'execution:missed'] as const;

/**
 * Restarts a camera's schedule that has stalled. node-cron waits for a time that it calculated earlier, so without a
 * restart a clock that is set back by an hour would stop the schedule for an hour.
 */
export class ScheduleGuard {
  #task: CronTask | undefined;
  #expectedAt: number | undefined;
  /** By the monotonic clock. */
  #overdueSince: number | undefined;
  #restarts = 0;
  readonly #clockSteps: ClockSteps;

  constructor(
    private readonly camera: string,
    private readonly log: Logger,
    /** The clock that node-cron uses. */
    private readonly clock: Clock = systemClock,
    private readonly monotonic = () => performance.now(),
  ) {
    this.#clockSteps = new ClockSteps(clock, CLOCK_STEP_MS, monotonic);
  }

  follow(task: CronTask): void {
    this.#task = task;
    for (const event of RUN_EVENTS) task.on(event, () => this.#recordRun());
  }

  /** Restarts a stalled schedule; call it every few seconds. Returns the fault, or undefined if there is none. */
  check(): string | undefined {
    this.#updateOverdue();
    const isStalled =
      this.#overdueSince !== undefined && this.monotonic() - this.#overdueSince >= STALLED_MS;
    if (isStalled) this.#restart();
    return this.#restarts < MAX_RESTARTS
      ? undefined
      : `camera ${this.camera}: schedule stalled; ${this.#restarts} restarts did not help`;
  }

  #updateOverdue(): void {
    const now = this.clock();
    const next = this.#task?.getNextRun()?.getTime();
    const stepMs = this.#clockSteps.sinceLastCall();
    // Earlier restarts were caused by the clock, not by a fault.
    if (stepMs !== 0) this.#restarts = 0;
    if (next === undefined) this.#recordRun();
    else if (this.#expectedAt === undefined || stepMs < 0) this.#expectedAt = next;
    else if (now >= this.#expectedAt) this.#overdueSince ??= this.monotonic();
  }

  #restart(): void {
    this.log.warn({ camera: this.camera }, 'schedule stalled; restarted');
    this.#restarts++;
    this.#reset();
    this.#task?.stop();
    this.#task?.start();
  }

  /** The schedule works, or is stopped. */
  #recordRun(): void {
    this.#restarts = 0;
    this.#reset();
  }

  #reset(): void {
    this.#expectedAt = undefined;
    this.#overdueSince = undefined;
  }
}
