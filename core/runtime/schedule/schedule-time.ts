import type { Clock } from '../clock.js';

/** The time that a schedule goes by. Tests put their own in its place. */
export interface ScheduleTime {
  /** Wall clock: can be set to any time. */
  wall: Clock;
  /** Milliseconds that only go on. Stands still, or goes on, while the machine sleeps. */
  steady(): number;
  /** Calls back once after some milliseconds of steady time. Returns what cancels it. */
  after(ms: number, callback: () => void): () => void;
}

export const systemTime: ScheduleTime = {
  wall: () => Date.now(),
  steady: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
