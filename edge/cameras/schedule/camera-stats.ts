import type { CameraStatus, CircuitState } from '../camera-status.js';
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

/** What failed: the camera did not respond, or it did, with an image that was refused. */
export interface Failure {
  /** The image cannot be analysed; the camera is not at fault. */
  isOfImage: boolean;
  /** Responses without an image do not show that it is over. */
  isRefusal: boolean;
}

/** Counts what one camera has done since the start, and derives its circuit. */
export class CameraStats {
  readonly #breaker = new CircuitBreaker();
  #lastAttemptAt: number | null = null;
  #lastSnapshotAt: number | null = null;
  #lastError: string | null = null;
  /** The last image was refused, and none has been analysed since. */
  #hasRefused = false;
  #taken = 0;
  #unchanged = 0;
  #failed = 0;
  #damaged = 0;
  #outsideWindows = 0;
  #shed = 0;
  #skippedOverlap = 0;
  #hasAnalysed = false;
  #lastFailureIsOfImage = false;

  get isOffline(): boolean {
    return this.#breaker.isTripped;
  }

  /** Whether a picture was analysed since the start. */
  get hasAnalysed(): boolean {
    return this.#hasAnalysed;
  }

  get hasRefused(): boolean {
    return this.#hasRefused;
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

  /** Scheduled attempts are suspended until this steady time; 0 if they are not. */
  get suspendedUntil(): number {
    return this.#breaker.probeAt;
  }

  /** Whether the last failure was one of an image, not of the camera. */
  get lastFailureIsOfImage(): boolean {
    return this.#lastFailureIsOfImage;
  }

  /** `steadyNow`: milliseconds. */
  circuit(steadyNow: number): CircuitState {
    return this.#breaker.state(steadyNow);
  }

  recordAttempt(now: number): void {
    this.#lastAttemptAt = now;
  }

  /** The camera responded, perhaps without anything new. Why its last image was refused stays. */
  recordResponse(): void {
    if (!this.#hasRefused) this.#lastError = null;
    this.#breaker.recordSuccess();
  }

  /** A picture was analysed. */
  recordAnalysed(takenAt: number): void {
    this.#taken++;
    this.#lastSnapshotAt = takenAt;
    this.#recordPicture();
  }

  /** A picture was analysed only as far as to see that nothing has moved. */
  recordUnchanged(): void {
    this.#unchanged++;
    this.#recordPicture();
  }

  #recordPicture(): void {
    this.#hasAnalysed = true;
    this.#hasRefused = false;
    this.recordResponse();
  }

  /** A snapshot was dropped because of an overload of the appliance, so the camera did respond. */
  recordShed(): void {
    this.#shed++;
    this.recordResponse();
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
    this.#hasRefused = true;
    this.#lastError = message;
  }

  /** `steadyNow`: milliseconds. */
  recordFailure(message: string, steadyNow: number, { isOfImage, isRefusal }: Failure): void {
    this.#failed++;
    this.#lastFailureIsOfImage = isOfImage;
    this.#lastError = message;
    this.#hasRefused = isRefusal;
    this.#breaker.recordFailure(steadyNow);
  }
}
