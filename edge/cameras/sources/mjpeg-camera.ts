import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../../core/runtime/clock.js';
import { withDeadline } from '../../../core/runtime/with-deadline.js';
import { type Camera, CameraError, type Snapshot } from '../camera.js';
import type { MjpegCameraConfig } from '../camera-config.js';
import { CameraClient } from '../http/camera-client.js';
import { connectionError, expectSuccess } from '../http/http-error.js';
import { boundaryOf, firstFrame } from '../http/multipart-frame.js';

const HEADERS = { accept: 'multipart/x-mixed-replace' };

/**
 * A camera that streams JPEGs (`multipart/x-mixed-replace`). Each snapshot opens the stream, reads its first
 * complete frame and closes it: that frame is the newest, no old frame is buffered, and the camera sends nothing
 * between two runs.
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
      throw connectionError(error);
    }
  }

  async close(): Promise<void> {
    this.#client.close();
  }

  async #read(response: IncomingMessage): Promise<Snapshot> {
    try {
      expectSuccess(response);
      const boundary = boundaryOf(response.headers['content-type']);
      if (!boundary)
        throw new CameraError(
          'unreadable',
          'the response is not an MJPEG stream (multipart/x-mixed-replace)',
        );
      const bytes = await firstFrame(response, boundary, this.config.maxBytes);
      return { bytes, takenAt: this.clock(), more: false, markProcessed: async () => {} };
    } finally {
      response.destroy();
    }
  }
}
