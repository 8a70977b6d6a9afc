import type { ScheduledTask } from '../../../core/runtime/schedule/scheduled-task.js';

/** A run that is due for this long and has not started is a fault: its timers no longer fire. */
const STALLED_MS = 30_000;

/** Starts runs of a camera that are due if the timer of its schedule did not, and reports if they still do not start. */
export class ScheduleGuard {
  constructor(
    private readonly camera: string,
    private readonly task: Pick<ScheduledTask, 'check' | 'overdueMs'>,
  ) {}

  /** Call it every few seconds. Returns the fault, or undefined if there is none. */
  check(): string | undefined {
    this.task.check();
    const { overdueMs } = this.task;
    return overdueMs < STALLED_MS
      ? undefined
      : `camera ${this.camera}: schedule stalled; a run is due for ${Math.round(overdueMs / 1_000)} s`;
  }
}
