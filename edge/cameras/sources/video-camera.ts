import { resolve } from 'node:path';
import type { Clock } from '../../../core/runtime/clock.js';
import type { Camera, Snapshot } from '../camera.js';
import type { VideoCameraConfig } from '../camera-config.js';
import { CaptureCamera } from './capture-camera.js';

/** Reading the next frame is cheap while the file stays open. */
const HOLD_OPEN_SECONDS = 15;

/** Reads a video file frame by frame, `stepSeconds` apart. The position is kept until the program ends. */
export class VideoCamera implements Camera {
  readonly #capture: CaptureCamera;
  #positionMs = 0;

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
        open: async () => ({ source: { kind: 'file', path: resolve(path) } }),
      },
      clock,
    );
  }

  async take(signal: AbortSignal): Promise<Snapshot | undefined> {
    let bytes = await this.#capture.frame(signal, this.#positionMs);
    if (!bytes && this.config.loop && this.#positionMs > 0) {
      this.#positionMs = 0;
      bytes = await this.#capture.frame(signal, 0);
    }
    return (
      bytes && {
        bytes,
        takenAt: this.clock(),
        more: false,
        markProcessed: async () => this.#advance(),
      }
    );
  }

  fault(): string | undefined {
    return this.#capture.fault();
  }

  async close(): Promise<void> {
    await this.#capture.close();
  }

  #advance(): void {
    this.#positionMs += this.config.stepSeconds * 1000;
  }
}
