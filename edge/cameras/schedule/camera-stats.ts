import type { CameraState, CameraStatus, CircuitState } from '../camera-status.js';
import { CircuitBreaker } from './circuit-breaker.js';

type Recorded = Pick<
  CameraStatus,
  | 'lastAttemptAt'
  | 'lastSnapshotAt'
  | 'lastError'
  | 'consecutiveFailures'
  | 'taken'
  | 'unchanged'
  | 'failed'
  | 'outsideWindows'
  | 'shed'
  | 'skippedOverlap'
>;

/** What one camera has done since the start, and whether it is worth asking. */
export class CameraStats {
  readonly #breaker = new CircuitBreaker();
  #lastAttemptAt: number | null = null;
  #lastSnapshotAt: number | null = null;
  #lastError: string | null = null;
  #taken = 0;
  #unchanged = 0;
  #failed = 0;
  #outsideWindows = 0;
  #shed = 0;
  #skippedOverlap = 0;
  #hasAnswered = false;

  get state(): Exclude<CameraState, 'paused'> {
    if (this.#breaker.isOpen) return 'offline';
    return this.#hasAnswered ? 'online' : 'starting';
  }

  get values(): Recorded {
    return {
      lastAttemptAt: this.#lastAttemptAt,
      lastSnapshotAt: this.#lastSnapshotAt,
      lastError: this.#lastError,
      consecutiveFailures: this.#breaker.failures,
      taken: this.#taken,
      unchanged: this.#unchanged,
      failed: this.#failed,
      outsideWindows: this.#outsideWindows,
      shed: this.#shed,
      skippedOverlap: this.#skippedOverlap,
    };
  }

  /** Before this time the camera is left alone; 0 where it is not. */
  get leftAloneUntil(): number {
    return this.#breaker.probeAt;
  }

  circuit(now: number): CircuitState {
    return this.#breaker.state(now);
  }

  attempted(now: number): void {
    this.#lastAttemptAt = now;
  }

  /** It answered, if only that there is nothing new. */
  answered(): void {
    this.#hasAnswered = true;
    this.#lastError = null;
    this.#breaker.succeeded();
  }

  analysed(takenAt: number): void {
    this.#taken++;
    this.#lastSnapshotAt = takenAt;
  }

  leftOut(): void {
    this.#unchanged++;
  }

  dropped(): void {
    this.#shed++;
    this.answered();
  }

  cameOutsideWindows(): void {
    this.#outsideWindows++;
  }

  overlapped(): void {
    this.#skippedOverlap++;
  }

  failedWith(message: string, now: number): void {
    this.#failed++;
    this.#lastError = message;
    this.#breaker.failed(now);
  }
}
