import { resolve } from 'node:path';
import type { Clock } from '../../../core/runtime/clock.js';
import type { Camera, Snapshot } from '../camera.js';
import type { VideoCameraConfig } from '../camera-config.js';
import { CaptureCamera } from './capture-camera.js';

/** Reading on from the last frame is cheap while the file stays open. */
const HOLD_OPEN_SECONDS = 15;

/** Goes through a video file, some time further on each run. The place is kept for as long as the program runs. */
export class VideoCamera implements Camera {
  readonly #capture: CaptureCamera;
  #atMs = 0;

  constructor(
    private readonly config: VideoCameraConfig,
    private readonly clock: Clock,
  ) {
    const { timeoutSeconds, maxBytes, path } = config;
    this.#capture = new CaptureCamera(
      {
        timeoutSeconds,
        maxBytes,
        holdOpenSeconds: HOLD_OPEN_SECONDS,
        source: () => ({ kind: 'file', path: resolve(path) }),
      },
      clock,
    );
  }

  async take(signal: AbortSignal): Promise<Snapshot | undefined> {
    let bytes = await this.#capture.frame(signal, this.#atMs);
    if (!bytes && this.config.loop && this.#atMs > 0) {
      this.#atMs = 0;
      bytes = await this.#capture.frame(signal, 0);
    }
    return (
      bytes && { bytes, takenAt: this.clock(), more: false, settle: async () => this.#advance() }
    );
  }

  async close(): Promise<void> {
    await this.#capture.close();
  }

  #advance(): void {
    this.#atMs += this.config.stepSeconds * 1000;
  }
}
