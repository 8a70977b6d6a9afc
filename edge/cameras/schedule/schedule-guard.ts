import { type Clock, systemClock } from '../../../core/runtime/clock.js';
import type { Logger } from '../../../core/runtime/logger.js';

/** A schedule that is due for so long stands still. */
const LATE_MS = 30_000;
const ENDING_MS = 30_000;
/** Less is a clock that is being kept right. */
const SET_MS = 5_000;
/** So many beginnings without a run are a fault. */
const MOST_BEGINNINGS = 3;

/** What is needed of a task of node-cron. */
interface Schedule {
  on(event: (typeof ROUNDS)[number], listener: () => void): void;
  /** By the clock as it is now; null where it is paused. */
  getNextRun(): Date | null;
  start(): void;
  stop(): void;
}

/** It ran, still ran, or came too late. */
const ROUNDS = ['execution:started', 'execution:overlap', 'execution:missed'] as const;

/**
 * Sees to it that a camera's schedule comes round, and that what it began ends. A schedule that stands still begins anew:
 * node-cron waits for the time that it worked out before, so a clock that is set back by an hour would cost an hour.
 */
export class ScheduleGuard {
  #schedule: Schedule | undefined;
  #expectedAt: number | undefined;
  #lookedAt = { wall: 0, steady: 0 };
  #lateSince: number | undefined;
  #beginnings = 0;
  readonly #steps = new Set<{ what: string; dueAt: number }>();

  constructor(
    private readonly camera: string,
    private readonly log: Logger,
    /** The clock that node-cron goes by. */
    private readonly clock: Clock = systemClock,
    private readonly steady = () => performance.now(),
  ) {}

  follow(schedule: Schedule): void {
    this.#schedule = schedule;
    for (const event of ROUNDS) schedule.on(event, () => this.#cameRound());
  }

  /** Does something that ends by itself within `boundMs`, or soon after it was told to. */
  async step<T>(what: string, boundMs: number, work: () => Promise<T>): Promise<T> {
    const step = { what, dueAt: this.steady() + boundMs + ENDING_MS };
    this.#steps.add(step);
    try {
      return await work();
    } finally {
      this.#steps.delete(step);
    }
  }

  /** To be called every few seconds. What does not go on, undefined where all does. */
  look(): string | undefined {
    this.#keepGoing();
    return this.#fault;
  }

  get #fault(): string | undefined {
    const now = this.steady();
    for (const { what, dueAt } of this.#steps)
      if (now > dueAt) return `${what} camera ${this.camera} does not end`;
    if (this.#beginnings >= MOST_BEGINNINGS) return `camera ${this.camera} is due and is not asked`;
    return undefined;
  }

  #keepGoing(): void {
    const now = this.clock();
    const next = this.#schedule?.getNextRun()?.getTime();
    const setBy = this.#setBy(now);
    // What was late by the clock as it was says nothing.
    if (Math.abs(setBy) > SET_MS) this.#beginnings = 0;
    if (next === undefined) this.#cameRound();
    else if (this.#expectedAt === undefined || setBy < -SET_MS) this.#expectedAt = next;
    else if (now >= this.#expectedAt) this.#lateSince ??= this.steady();
    if (this.#lateSince === undefined || this.steady() - this.#lateSince < LATE_MS) return;
    this.#beginAnew();
  }

  /** By how much the clock was set since the last look, or the machine slept. */
  #setBy(wall: number): number {
    const steady = this.steady();
    const setBy = wall - this.#lookedAt.wall - (steady - this.#lookedAt.steady);
    this.#lookedAt = { wall, steady };
    return setBy;
  }

  #beginAnew(): void {
    const { camera, log } = this;
    log.warn(
      { camera },
      'the schedule stood still, as after a change of the clock; it begins anew',
    );
    this.#beginnings++;
    this.#forget();
    this.#schedule?.stop();
    this.#schedule?.start();
  }

  /** It has run, could not since it still ran, or is paused. */
  #cameRound(): void {
    this.#beginnings = 0;
    this.#forget();
  }

  #forget(): void {
    this.#expectedAt = undefined;
    this.#lateSince = undefined;
  }
}
