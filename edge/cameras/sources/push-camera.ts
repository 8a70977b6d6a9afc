import type { Clock } from '../../../core/runtime/clock.js';
import { type Camera, CameraError } from '../camera.js';
import type { PushCameraConfig } from '../camera-config.js';

const MINUTE_MS = 60_000;

/** A camera that uploads its snapshots. `take` returns none; it rejects if the camera has been silent for too long. */
export class PushCamera implements Camera {
  /** Times of the uploads of the last minute, oldest first; at most `maxPerMinute`. */
  #recent: number[] = [];
  #last: number;

  constructor(
    private readonly config: PushCameraConfig,
    /** Steady, so that a clock that is set neither blocks the camera nor makes it silent. */
    private readonly clock: Clock = () => performance.now(),
  ) {
    this.#last = clock();
  }

  async take(): Promise<undefined> {
    const { silentAfterSeconds = Number.POSITIVE_INFINITY } = this.config;
    if (this.clock() - this.#last > silentAfterSeconds * 1000)
      throw new CameraError(
        'silent',
        `no snapshot was uploaded for ${silentAfterSeconds} s (silentAfterSeconds)`,
      );
    return undefined;
  }

  /** Counts an upload. Returns 0 if it is within the rate limit, otherwise the seconds after which to retry. */
  admit(): number {
    const now = this.clock();
    this.#recent = this.#recent.filter((at) => at > now - MINUTE_MS);
    const [oldest] = this.#recent;
    if (oldest !== undefined && this.#recent.length >= this.config.maxPerMinute)
      return Math.max(1, Math.ceil((oldest + MINUTE_MS - now) / 1000));
    this.#recent.push(now);
    this.#last = now;
    return 0;
  }
}
