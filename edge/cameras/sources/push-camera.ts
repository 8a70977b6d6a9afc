import type { Clock } from '../../../core/runtime/clock.js';
import { ProblemError } from '../../../core/runtime/errors.js';
import { type Camera, CameraError } from '../camera.js';
import type { CameraConfig, PushCameraConfig } from '../camera-config.js';

const MINUTE_MS = 60_000;
/** Uploads of one camera that are analysed at a time; what is beyond them is turned away. */
const MAX_UNDER_WAY = 4;

/** A camera that uploads its snapshots. Asked for one, it has none; it only tells when it has been silent for too long. */
export class PushCamera implements Camera {
  /** Times of the snapshots of the last minute, the oldest first; at most `maxPerMinute`. */
  #recent: number[] = [];
  #last: number;

  constructor(
    private readonly config: PushCameraConfig,
    private readonly clock: Clock,
  ) {
    this.#last = clock();
  }

  async take(): Promise<undefined> {
    const { silentAfterSeconds = Number.POSITIVE_INFINITY } = this.config;
    if (this.clock() - this.#last > silentAfterSeconds * 1000)
      throw new CameraError('silent', `nothing was uploaded for ${silentAfterSeconds} s`);
    return undefined;
  }

  /** Counts a snapshot that arrives. The seconds until there is room again; 0 where there is now. */
  admit(): number {
    const now = this.clock();
    // A clock that was set back must not shut the camera out.
    this.#recent = this.#recent.filter((at) => at > now - MINUTE_MS && at <= now);
    const [oldest] = this.#recent;
    if (oldest !== undefined && this.#recent.length >= this.config.maxPerMinute)
      return Math.max(1, Math.ceil((oldest + MINUTE_MS - now) / 1000));
    this.#recent.push(now);
    this.#last = now;
    return 0;
  }
}

/** Throws the ProblemError that an upload is refused with, and counts it otherwise. */
export function admitUpload(
  { id, kind, maxBytes }: CameraConfig,
  camera: Camera,
  upload: { bytes: Buffer; isPaused: boolean; underWay: number },
): void {
  if (!(camera instanceof PushCamera))
    throw new ProblemError('camera_takes_no_uploads', `The camera ${id} is of kind ${kind}.`);
  if (upload.isPaused)
    throw new ProblemError('camera_takes_no_uploads', `The camera ${id} is paused.`);
  if (upload.bytes.length > maxBytes)
    throw new ProblemError('too_many_bytes', `A snapshot may have ${maxBytes} bytes.`);
  const retryAfter = upload.underWay < MAX_UNDER_WAY ? camera.admit() : 1;
  if (retryAfter > 0)
    throw new ProblemError('rate_limited', 'The camera uploads too often.', { retryAfter });
}
