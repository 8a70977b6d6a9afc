import { uptime } from 'node:os';
import { type Clock, duration, systemClock } from './clock.js';
import type { ClockEra } from './clock-eras.js';
import { messageOf } from './errors.js';
import type { Service } from './lifecycle.js';
import { LogThrottle } from './log-throttle.js';
import type { Logger } from './logger.js';
import { SerialQueue } from './serial-queue.js';
import {
  bootId,
  type PastEra,
  readSteadyState,
  type SteadyState,
  writeSteadyState,
} from './steady-state.js';

/** Smaller corrections are those of a time service, and change no age that matters. */
export const STEP_MS = 60_000;
/** A wall clock that was set is trusted when it has kept its time for so long. */
export const SETTLE_MS = 15 * 60_000;
const OBSERVE_EVERY_MS = 1_000;
const SAVE_EVERY_MS = 60_000;
const MAX_ERAS = 64;
const LOG_EVERY_MS = 3_600_000;
/** The uptime has whole seconds only. */
const UPTIME_ERROR_MS = 2_000;
/** Time without power that counts if no time service confirms it. */
const UNCONFIRMED_MS = 86_400_000;

export interface SteadyTimeOptions {
  /** Where it goes on from after a restart. */
  file: string;
  log: Logger;
  clock?: Clock;
  /** Milliseconds since some instant; never set. */
  monotonic?: Clock;
  /** Milliseconds since the machine started, with the time that it slept. */
  uptimeMs?: Clock;
  boot?: () => string;
  /** What the machine says about its wall clock. */
  status?: () => 'synchronised' | 'unsynchronised' | 'unknown';
}

/**
 * A clock that nobody sets, for everything that depends on an age. It begins with the wall clock at the first start of
 * the program and goes on with the time that really passes, also over restarts of the program. It notices when the wall
 * clock is set, so that what was recorded before keeps its true age.
 */
export class SteadyTime implements Service {
  readonly name = 'steady time';
  readonly #wall: Clock;
  readonly #monotonic: Clock;
  readonly #uptimeMs: Clock;
  readonly #status: NonNullable<SteadyTimeOptions['status']>;
  /** At the start of this process. */
  #begin: { steady: number; monotonic: number; uptimeMs: number };
  /** Time that the machine slept since then: the monotonic clock does not count it. */
  #sleptMs = 0;
  /** At the last observation. */
  #at: { steady: number; wall: number };
  #lastStatus: SteadyState['status'] = 'unknown';
  #wasUntrusted = false;
  #ahead: number;
  #trustedAhead: number;
  #settingAt: number | undefined;
  #eraFrom = Number.NEGATIVE_INFINITY;
  #eras: PastEra[] = [];
  #timer: NodeJS.Timeout | undefined;
  readonly #writes = new SerialQueue();
  readonly #throttle = new LogThrottle(LOG_EVERY_MS);
  #savedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: SteadyTimeOptions) {
    const { clock = systemClock } = options;
    this.#wall = clock;
    // A clock that a test moves moves everything.
    this.#monotonic =
      options.monotonic ?? (clock === systemClock ? () => performance.now() : clock);
    this.#uptimeMs = options.uptimeMs ?? (clock === systemClock ? () => uptime() * 1_000 : clock);
    this.#status = options.status ?? (() => 'unknown');
    const wall = clock();
    this.#begin = { steady: wall, monotonic: this.#monotonic(), uptimeMs: this.#uptimeMs() };
    this.#at = { steady: wall, wall };
    this.#ahead = 0;
    this.#trustedAhead = 0;
  }

  async start(): Promise<void> {
    const saved = readSteadyState(this.options.file);
    if (saved) this.#resume(saved);
    this.#observe();
    await this.#save();
    this.#timer = setInterval(() => this.#tick(), OBSERVE_EVERY_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#observe();
    await this.#save();
  }

  /** Milliseconds; only differences between two of them mean something. */
  readonly now: Clock = () => this.#observe();

  /** For ages of what carries a time of the wall clock. See `nowFor`. */
  readonly eras = (): ClockEra[] => {
    const steady = this.#observe();
    if (this.#eras.length === 0) return [];
    const { wall } = this.#at;
    const present = { from: this.#eraFrom, to: wall, now: wall };
    const past = this.#eras.map(({ from, to, ahead }) => ({
      from: from ?? Number.NEGATIVE_INFINITY,
      // Until the setting is trusted, times go on by the clock before it.
      to: this.#isDoubtful && ahead === this.#trustedAhead ? Math.max(to, steady + ahead) : to,
      now: steady + ahead,
    }));
    return [present, ...past.reverse()];
  };

  /** Whether the wall clock was set, and has not kept its time for long enough to be trusted. */
  get isDoubtful(): boolean {
    this.#observe();
    return this.#isDoubtful;
  }

  get #isDoubtful(): boolean {
    return this.#settingAt !== undefined;
  }

  /** How far the trusted wall clock is ahead of the steady time: it changes with a setting that is trusted. */
  get trustedAhead(): number {
    this.#observe();
    return this.#trustedAhead;
  }

  /**
   * A time that the wall clock has shown, by the clock that is trusted. It may be of an era that has ended since: what is
   * stamped before the clock is set back is recorded after it.
   */
  trusted(at: number): number {
    this.#observe();
    const present = {
      from: this.#eraFrom,
      to: this.#at.wall + STEP_MS,
      ahead: this.#ahead,
      isDoubtful: this.#isDoubtful,
    };
    const era = [...this.#eras, present].findLast(({ from, to }) => at >= (from ?? at) && at <= to);
    return era?.isDoubtful ? at - era.ahead + this.#trustedAhead : at;
  }

  /** For the operator, while the wall clock is doubtful. */
  doubt(): string | undefined {
    this.#observe();
    if (!this.#isDoubtful) return undefined;
    const stepMs = this.#ahead - this.#trustedAhead;
    const by = duration(Math.round(Math.abs(stepMs) / 1_000));
    return `the clock was set ${stepMs > 0 ? 'ahead' : 'back'} by ${by}; its times are not trusted yet`;
  }

  #tick(): void {
    this.#observe();
    if (this.#at.steady - this.#savedAt >= SAVE_EVERY_MS) void this.#save();
  }

  #observe(): number {
    const { steady, monotonic, uptimeMs } = this.#begin;
    const passed = this.#monotonic() - monotonic;
    const slept = this.#uptimeMs() - uptimeMs - passed;
    if (slept > this.#sleptMs + UPTIME_ERROR_MS) this.#sleptMs = slept;
    const elapsed = Math.max(0, steady + passed + this.#sleptMs - this.#at.steady);
    const wall = this.#wall();
    this.#goOn(this.#at, elapsed, elapsed, wall);
    this.#at = { steady: this.#at.steady + elapsed, wall };
    this.#settle();
    return this.#at.steady;
  }

  /** `recordedMs`: how long ago something may have been recorded, by either clock, since the last observation. */
  #goOn(
    before: { steady: number; wall: number },
    elapsed: number,
    recordedMs: number,
    nowWall: number,
  ): void {
    const ahead = nowWall - before.steady - elapsed;
    const step = ahead - this.#ahead;
    if (Math.abs(step) < STEP_MS) {
      if (!this.#isDoubtful) this.#trustedAhead = ahead;
      this.#ahead = ahead;
      return;
    }
    const from = Number.isFinite(this.#eraFrom) ? this.#eraFrom : null;
    const to = before.wall + recordedMs;
    this.#eras.push({
      from,
      to,
      ahead: this.#ahead,
      ...(this.#isDoubtful && { isDoubtful: true }),
    });
    if (this.#eras.length > MAX_ERAS) this.#forgetShortestEra();
    this.#eraFrom = nowWall - recordedMs;
    this.#ahead = ahead;
    this.#settingAt = before.steady + elapsed;
    this.#wasUntrusted = this.#lastStatus === 'unsynchronised';
    const isBack = Math.abs(ahead - this.#trustedAhead) < STEP_MS;
    this.options.log.warn(
      { stepSeconds: Math.round(step / 1_000), clock: new Date(nowWall).toISOString() },
      isBack
        ? 'clock set back to the time that is trusted'
        : 'clock was set; ages go on by the time that has passed',
    );
    if (isBack) this.#trust();
    this.#savedAt = Number.NEGATIVE_INFINITY;
  }

  #settle(): void {
    const status = this.#status();
    this.#lastStatus = status;
    if (this.#settingAt === undefined) return;
    const hasKept = this.#at.steady - this.#settingAt >= SETTLE_MS;
    // What a time service corrects for the first time was wrong before.
    if (hasKept || (this.#wasUntrusted && status !== 'unsynchronised')) this.#trust();
  }

  #trust(): void {
    const before = this.#eras.findLast(({ ahead }) => ahead === this.#trustedAhead);
    if (before) before.to = Math.max(before.to, this.#at.steady + before.ahead);
    this.#trustedAhead = this.#ahead;
    this.#settingAt = undefined;
  }

  /** Never the first one: everything older belongs to it. */
  #forgetShortestEra(): void {
    const lengths = this.#eras.map(({ from, to }) => (from === null ? Infinity : to - from));
    this.#eras.splice(lengths.indexOf(Math.min(...lengths)), 1);
  }

  /** Goes on from an earlier process. Its uptime says how long ago that was, unless the machine started meanwhile. */
  #resume(saved: SteadyState): void {
    const { wall } = this.#at;
    const { monotonic, uptimeMs } = this.#begin;
    const sameBoot = saved.boot === this.#boot() && uptimeMs >= saved.uptimeMs - 1_000;
    const byWall = Math.max(0, wall - saved.wall);
    const isConfirmed = saved.status === 'synchronised' && this.#status() === 'synchronised';
    const withoutPower = isConfirmed ? byWall : Math.min(byWall, UNCONFIRMED_MS);
    const elapsed = sameBoot ? Math.max(0, uptimeMs - saved.uptimeMs) : withoutPower;
    this.#eras = saved.eras;
    this.#eraFrom = saved.eraFrom ?? Number.NEGATIVE_INFINITY;
    this.#trustedAhead = saved.trustedAhead;
    this.#settingAt = saved.settingAt ?? undefined;
    this.#ahead = saved.wall - saved.steady;
    this.#lastStatus = saved.status;
    this.#goOn(saved, elapsed, Math.min(elapsed, 2 * SAVE_EVERY_MS), wall);
    this.#at = { steady: saved.steady + elapsed, wall };
    this.#begin = { steady: saved.steady + elapsed, monotonic, uptimeMs };
  }

  #boot(): string {
    return (this.options.boot ?? bootId)();
  }

  async #save(): Promise<void> {
    const { steady, wall } = this.#at;
    this.#savedAt = steady;
    const state: SteadyState = {
      ...{ steady, wall, uptimeMs: this.#uptimeMs(), boot: this.#boot() },
      status: this.#lastStatus,
      trustedAhead: this.#trustedAhead,
      settingAt: this.#settingAt ?? null,
      eraFrom: Number.isFinite(this.#eraFrom) ? this.#eraFrom : null,
      eras: this.#eras,
    };
    await this.#writes.run(() =>
      writeSteadyState(this.options.file, state).catch((error: unknown) => {
        if (this.#throttle.isDue('save'))
          this.options.log.warn({ error: messageOf(error) }, 'cannot save the steady time');
      }),
    );
  }
}
