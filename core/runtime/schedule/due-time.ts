import { RunTimes } from './run-times.js';
import type { ScheduleTime } from './schedule-time.js';

/** A smaller step is a correction by NTP that needs no action. */
const STEP_MS = 2_000;
/** As in cron(8), a step back of more is a correction: times of day that come again then run again. */
const CORRECTION_MS = 3 * 3_600_000;

/** When a schedule runs next, by the wall clock and by steady time after a step of the wall clock. */
export class DueTime {
  readonly #times: RunTimes;
  #looked = { wall: 0, steady: 0 };
  /** By the wall clock; infinite if it never runs. */
  #slot = Number.POSITIVE_INFINITY;
  /** When the run was due by steady time before a step; infinite without one. An interval does not get longer by a step. */
  #kept = Number.POSITIVE_INFINITY;
  /** By steady time, while the run is due. */
  #dueSince: number | undefined;
  /** Times of day until this one, by the wall clock, do not run again. */
  #handled = Number.NEGATIVE_INFINITY;

  /** Throws if the schedule is not a cron expression, or the zone is unknown. */
  constructor(
    schedule: string,
    private readonly time: ScheduleTime,
    zone?: string,
  ) {
    this.#times = new RunTimes(schedule, zone);
  }

  /** Begins to wait for the next run after now. */
  restart(): void {
    this.#looked = this.#now();
    this.#kept = Number.POSITIVE_INFINITY;
    this.#dueSince = undefined;
    this.#slot = this.#next();
  }

  /** The run begins now, or is skipped. It replaces all runs that were due until now. */
  pass(): void {
    this.#handled = this.time.wall();
    this.restart();
  }

  /** Milliseconds until the next run, 0 or less if it is due, infinite if it never runs. */
  remainingMs(): number {
    this.#look();
    return this.#remaining;
  }

  /** How long the run has been due, by steady time. */
  get overdueMs(): number {
    const dueSince = this.#dueSince ?? this.#looked.steady + this.#remaining;
    return Math.max(0, this.time.steady() - dueSince);
  }

  /** By the wall clock as it is now; undefined if it never runs. */
  get nextRunAt(): number | undefined {
    const remaining = this.remainingMs();
    if (remaining === Number.POSITIVE_INFINITY) return undefined;
    return Math.min(this.#slot, Math.round(this.#looked.wall + remaining));
  }

  /** At the last look. */
  get #remaining(): number {
    const { wall, steady } = this.#looked;
    return Math.min(this.#slot - wall, this.#kept - steady);
  }

  /** Looks at the clocks, and whether the wall clock was set since the last look. */
  #look(): void {
    const { wall, steady } = this.#looked;
    const dueAt = steady + this.#remaining;
    this.#looked = this.#now();
    const setBy = this.#looked.wall - wall - (this.#looked.steady - steady);
    const isSet = Math.abs(setBy) >= STEP_MS;
    if (isSet && !this.#times.isFixedTime) this.#kept = Math.min(this.#kept, dueAt);
    if (setBy <= -CORRECTION_MS) this.#handled = Number.NEGATIVE_INFINITY;
    if (setBy <= -STEP_MS) this.#slot = this.#next();
    if (this.#remaining > 0) this.#dueSince = undefined;
    else this.#dueSince ??= Math.min(dueAt, this.#looked.steady);
  }

  #next(): number {
    let { wall } = this.#looked;
    if (this.#times.isFixedTime) {
      if (this.#handled - wall < CORRECTION_MS) wall = Math.max(wall, this.#handled);
      else this.#handled = Number.NEGATIVE_INFINITY;
    }
    return this.#times.after(wall) ?? Number.POSITIVE_INFINITY;
  }

  #now() {
    return { wall: this.time.wall(), steady: this.time.steady() };
  }
}
