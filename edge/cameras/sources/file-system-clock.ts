import type { Clock } from '../../../core/runtime/clock.js';

/** A network drive can list a folder as it was this long ago (NFS: acdirmax). */
const NETWORK_DELAY_MS = 60_000;
/** More than the errors of the clocks, and than the time of an upload that was in progress. */
const MARGIN_MS = 60_000;

/**
 * The time by the clock of a file system, which that of a network drive has for itself: the files that were looked at
 * show it. No two of its times are in the wrong order, unless it was set back.
 */
export class FileSystemClock {
  isLocal = false;
  #newestMs = -Number.MAX_VALUE;

  constructor(private readonly now: Clock) {}

  /** A file or folder has this time of change (ctime). */
  saw(changedMs: number): void {
    this.#newestMs = Math.max(this.#newestMs, changedMs);
  }

  /** What is listed from now on, and has an earlier time, is in the list. */
  get earliestMs(): number {
    return Math.min(this.#newestMs, this.now()) - (this.isLocal ? 0 : NETWORK_DELAY_MS);
  }

  /** What has been listed up to now has no later time. */
  get latestMs(): number {
    return Math.max(this.#newestMs, this.now()) + MARGIN_MS;
  }

  /** The machine's clock was set back by `-stepMs`. */
  moveBack(stepMs: number): void {
    this.#newestMs += stepMs;
  }
}
