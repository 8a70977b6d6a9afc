import type { Clock } from '../../../core/runtime/clock.js';
import { withDeadline } from '../../../core/runtime/with-deadline.js';
import { type Camera, CameraError, type Snapshot } from '../camera.js';
import type { MjpegCameraConfig } from '../camera-config.js';
import { CameraClient } from '../http/camera-client.js';
import { connectionError, expectSuccess } from '../http/http-error.js';
import type { CameraResponse } from '../http/lenient-request.js';
import { firstJpeg } from '../http/read-picture.js';

const HEADERS = { Accept: 'multipart/x-mixed-replace, */*;q=0.5' };

const NO_STREAM = 'the response is not an MJPEG stream (multipart/x-mixed-replace)';
/** Media types that cameras give their streams. */
const isStream = (response: CameraResponse) =>
  /^(multipart\/|video\/|image\/jpeg|application\/octet-stream)/i.test(
    response.header('content-type') ?? '',
  );

/**
 * A camera that streams JPEGs (`multipart/x-mixed-replace`, and whatever cameras make of it). Each snapshot opens the stream,
 * reads its first whole picture and closes it: that frame is the newest, no old frame is buffered, and the camera sends nothing
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

  async #read(response: CameraResponse): Promise<Snapshot> {
    expectSuccess(response);
    const bytes = await firstJpeg(response.body, this.config.maxBytes).catch((error: unknown) => {
      throw isStream(response) ? error : new CameraError('unreadable', NO_STREAM);
    });
    return { bytes, takenAt: this.clock(), more: false, markProcessed: async () => {} };
  }
}
