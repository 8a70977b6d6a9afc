import { createHash } from 'node:crypto';
import { RunTimes } from '../../../core/runtime/schedule/run-times.js';
import type { ScheduleTime } from '../../../core/runtime/schedule/schedule-time.js';
import { isOpen, nextOpening } from '../../../core/runtime/schedule/time-windows.js';
import type { CameraConfig } from '../camera-config.js';

/** Without a setting, a picture is too old after this time, and after so many runs without a new one. */
const LEAST_LIMIT_MS = 300_000;
const RUNS = 10;

/** A camera that should send new pictures by itself; a folder or an upload may be quiet for days. */
const isExpectedToSend = (config: CameraConfig): boolean =>
  config.kind === 'video' ? config.loop : config.kind !== 'folder' && config.kind !== 'push';

/**
 * How long a camera has had no new picture that was analysed, by steady time, and whether that is too long. The same
 * bytes once more are no new picture. The age does not grow while no picture is expected, e.g. in a closed time window.
 */
export class PictureAge {
  readonly #times: RunTimes;
  #ageMs = 0;
  #lookedAt: number;
  #lastHash: string | undefined;
  #repeats = 0;

  constructor(
    private readonly config: CameraConfig,
    private readonly time: ScheduleTime,
  ) {
    this.#times = new RunTimes(config.schedule);
    this.#lookedAt = time.steady();
  }

  /** In milliseconds, at the last look. */
  get ms(): number {
    return this.#ageMs;
  }

  /** At the last look. */
  get isTooOld(): boolean {
    const { maxPictureAgeSeconds } = this.config;
    if (maxPictureAgeSeconds !== undefined) return this.#ageMs >= maxPictureAgeSeconds * 1_000;
    return this.#ageMs >= LEAST_LIMIT_MS && this.#haveRunsPassed();
  }

  /** Whether the camera has sent the same picture all the time. */
  get isFrozen(): boolean {
    return this.#repeats > 0 && this.isTooOld;
  }

  /**
   * Call it every few seconds, and before the conditions change. `hasUnread`: there is a reason to expect a picture that
   * the kind of camera does not give: files that wait, or pictures that were refused.
   */
  look(isRunning: boolean, hasUnread: boolean): void {
    const now = this.time.steady();
    const isExpected =
      isExpectedToSend(this.config) || this.config.maxPictureAgeSeconds !== undefined || hasUnread;
    if (!isExpected) this.#ageMs = 0;
    else if (isRunning && isOpen(this.config.windows, this.time.wall()))
      this.#ageMs += now - this.#lookedAt;
    this.#lookedAt = now;
  }

  /** A picture was analysed. */
  record(bytes: Buffer): void {
    const hash = createHash('sha256').update(bytes).digest('base64');
    if (hash === this.#lastHash) {
      this.#repeats++;
      return;
    }
    this.#lastHash = hash;
    this.#repeats = 0;
    this.#ageMs = 0;
    this.#lookedAt = this.time.steady();
  }

  /** The camera says that its picture is still the last one. */
  recordNotModified(): void {
    if (this.#lastHash !== undefined) this.#repeats++;
  }

  /** Whether enough runs were due, within time windows, since the picture was new. */
  #haveRunsPassed(): boolean {
    const now = this.time.wall();
    let at = now - this.#ageMs;
    for (let runs = 0; runs < RUNS; runs++) {
      const next = this.#nextRun(at);
      if (next === undefined || next > now) return false;
      at = next;
    }
    return true;
  }

  #nextRun(after: number): number | undefined {
    const { windows } = this.config;
    let next = this.#times.after(after);
    // A schedule by the hour may meet no short window for many days.
    for (let tries = 0; next !== undefined && tries < RUNS; tries++) {
      const opening = nextOpening(windows, next);
      if (opening === undefined || opening === next) return opening;
      next = this.#times.after(opening - 1);
    }
    return undefined;
  }
}
