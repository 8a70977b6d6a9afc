import type { CameraState, CameraStatus, CircuitState } from '../camera-status.js';
import { CircuitBreaker } from './circuit-breaker.js';

type StatsValues = Pick<
  CameraStatus,
  | 'lastAttemptAt'
  | 'lastSnapshotAt'
  | 'lastError'
  | 'consecutiveFailures'
  | 'taken'
  | 'unchanged'
  | 'failed'
  | 'damaged'
  | 'outsideWindows'
  | 'shed'
  | 'skippedOverlap'
>;

/** Counts what one camera has done since the start, and derives its state and its circuit. */
export class CameraStats {
  readonly #breaker = new CircuitBreaker();
  #lastAttemptAt: number | null = null;
  #lastSnapshotAt: number | null = null;
  #lastError: string | null = null;
  #taken = 0;
  #unchanged = 0;
  #failed = 0;
  #damaged = 0;
  #outsideWindows = 0;
  #shed = 0;
  #skippedOverlap = 0;
  #hasResponded = false;
  #lastFailureIsOfImage = false;

  get state(): Exclude<CameraState, 'paused'> {
    if (this.#breaker.isTripped) return 'offline';
    return this.#hasResponded ? 'online' : 'starting';
  }

  get values(): StatsValues {
    return {
      lastAttemptAt: this.#lastAttemptAt,
      lastSnapshotAt: this.#lastSnapshotAt,
      lastError: this.#lastError,
      consecutiveFailures: this.#breaker.failures,
      taken: this.#taken,
      unchanged: this.#unchanged,
      failed: this.#failed,
      damaged: this.#damaged,
      outsideWindows: this.#outsideWindows,
      shed: this.#shed,
      skippedOverlap: this.#skippedOverlap,
    };
  }

  /** Scheduled attempts are suspended until this time; 0 if they are not. */
  get suspendedUntil(): number {
    return this.#breaker.probeAt;
  }

  /** Whether the last failure was one of an image, not of the camera. */
  get lastFailureIsOfImage(): boolean {
    return this.#lastFailureIsOfImage;
  }

  circuit(now: number): CircuitState {
    return this.#breaker.state(now);
  }

  recordAttempt(now: number): void {
    this.#lastAttemptAt = now;
  }

  /** The camera responded, even if it had nothing new. */
  recordSuccess(): void {
    this.#hasResponded = true;
    this.#lastError = null;
    this.#breaker.recordSuccess();
  }

  recordAnalysed(takenAt: number): void {
    this.#taken++;
    this.#lastSnapshotAt = takenAt;
  }

  recordUnchanged(): void {
    this.#unchanged++;
  }

  /** A snapshot was dropped because of an overload of the appliance, so the camera did respond. */
  recordShed(): void {
    this.#shed++;
    this.recordSuccess();
  }

  /** In addition to what became of the snapshot. */
  recordDamaged(): void {
    this.#damaged++;
  }

  recordOutsideWindows(): void {
    this.#outsideWindows++;
  }

  recordOverlap(): void {
    this.#skippedOverlap++;
  }

  /**
   * An upload was refused before it reached the camera's limits, perhaps of somebody else. So the state and the circuit stay
   * as they are.
   */
  recordRefusedUpload(message: string): void {
    this.#failed++;
    this.#lastError = message;
  }

  /** `isOfImage`: the camera responded, with an image that cannot be analysed. */
  recordFailure(message: string, now: number, isOfImage: boolean): void {
    this.#failed++;
    this.#lastFailureIsOfImage = isOfImage;
    this.#lastError = message;
    this.#breaker.recordFailure(now);
  }
}
