import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../../core/runtime/clock.js';
import { type Camera, CameraError, type Snapshot } from '../camera.js';
import type { MjpegCameraConfig } from '../camera-config.js';
import { expectSuccess, networkFailure } from '../camera-failure.js';
import { CameraClient } from '../http/camera-client.js';
import { boundaryOf, firstFrame } from '../http/multipart-frame.js';
import { withDeadline } from '../schedule/with-deadline.js';

const HEADERS = { accept: 'multipart/x-mixed-replace' };

/**
 * A camera that streams JPEGs (`multipart/x-mixed-replace`). Each snapshot opens the stream, takes its first
 * whole frame, and closes it: that frame is the newest there is, none is ever waiting, and between two runs
 * the camera's network is free.
 */
export class MjpegCamera implements Camera {
  readonly #client: CameraClient;

  constructor(
    private readonly config: MjpegCameraConfig,
    private readonly clock: Clock,
  ) {
    this.#client = new CameraClient(config);
  }

  async take(signal: AbortSignal): Promise<Snapshot> {
    try {
      return await withDeadline(this.config.timeoutSeconds * 1000, signal, (attemptSignal) =>
        this.#client.get(HEADERS, attemptSignal, (response) => this.#read(response)),
      );
    } catch (error) {
      throw networkFailure(error);
    }
  }

  async close(): Promise<void> {
    this.#client.close();
  }

  async #read(response: IncomingMessage): Promise<Snapshot> {
    try {
      expectSuccess(response);
      const boundary = boundaryOf(response.headers['content-type']);
      if (!boundary) throw new CameraError('unreadable', 'the camera sends no stream of frames');
      const bytes = await firstFrame(response, boundary, this.config.maxBytes);
      return { bytes, takenAt: this.clock(), more: false, settle: async () => {} };
    } finally {
      response.destroy();
    }
  }
}
