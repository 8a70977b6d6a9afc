import { setImmediate as turn } from 'node:timers/promises';
import type { ScheduleTime } from '../../core/runtime/schedule/schedule-time.js';

/** Time that passes only when a test says so, with a wall clock that can be set. */
export class FakeTime implements ScheduleTime {
  #steady = 0;
  #wall: number;
  readonly #timers = new Set<{ at: number; callback: () => void }>();

  constructor(wall: string) {
    this.#wall = Date.parse(wall);
  }

  readonly wall = () => this.#wall;
  readonly steady = () => this.#steady;

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#steady + ms, callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Time passes on both clocks. Timers call back when they are due, and what they begin goes on. */
  async pass(ms: number): Promise<void> {
    await turn();
    const end = this.#steady + ms;
    for (let next = this.#nextUntil(end); next; next = this.#nextUntil(end)) {
      this.#goOn(next.at - this.#steady);
      this.#timers.delete(next);
      next.callback();
      await turn();
    }
    this.#goOn(end - this.#steady);
  }

  /** Both clocks go on while the process does nothing; timers are late. */
  block(ms: number): void {
    this.#goOn(ms);
  }

  /** The wall clock is set, or the machine slept with its steady clock. */
  setWall(byMs: number): void {
    this.#wall += byMs;
  }

  #goOn(ms: number): void {
    const passed = Math.max(0, ms);
    this.#steady += passed;
    this.#wall += passed;
  }

  #nextUntil(end: number) {
    const due = [...this.#timers].filter(({ at }) => at <= end);
    return due.sort((a, b) => a.at - b.at)[0];
  }
}
