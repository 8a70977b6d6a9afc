import type { Clock } from '../../../core/runtime/clock.js';
import { withDeadline } from '../../../core/runtime/with-deadline.js';
import type { Camera, Snapshot } from '../camera.js';
import type { MjpegCameraConfig } from '../camera-config.js';
import { CameraClient } from '../http/camera-client.js';
import { firstJpeg } from '../http/first-jpeg.js';
import { connectionError, expectSuccess } from '../http/http-error.js';
import type { CameraResponse } from '../http/lenient-request.js';

const HEADERS = { Accept: 'multipart/x-mixed-replace' };

/**
 * A camera that streams JPEGs, usually as `multipart/x-mixed-replace`. Each snapshot opens the stream, reads its first
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

  retryLogin(): void {
    this.#client.retryLogin();
  }

  async close(): Promise<void> {
    this.#client.close();
  }

  async #read(response: CameraResponse): Promise<Snapshot> {
    expectSuccess(response);
    const boundary = boundaryOf(response.header('content-type'));
    const bytes = await firstJpeg(response.body, this.config.maxBytes, boundary);
    return { bytes, takenAt: this.clock(), more: false, markProcessed: async () => {} };
  }
}

/** The boundary of a multipart media type (RFC 2046, section 5.1.1), as it stands there; undefined if it has none. */
function boundaryOf(contentType: string | undefined): string | undefined {
  const [, quoted, plain] =
    /;\s*boundary\s*=\s*(?:["']([^"']+)["']|([^;"']+))/i.exec(contentType ?? '') ?? [];
  // Many cameras include the two hyphens of the delimiter in the boundary.
  return (quoted ?? plain)?.trim().replace(/^-+/, '') || undefined;
}
