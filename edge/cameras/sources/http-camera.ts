import { setTimeout as sleep } from 'node:timers/promises';
import { trimPicture } from '../../../core/images/trim-picture.js';
import type { Clock } from '../../../core/runtime/clock.js';
import { withDeadline } from '../../../core/runtime/with-deadline.js';
import { type Camera, CameraError, type Snapshot, snapshotTooLarge } from '../camera.js';
import type { HttpCameraConfig } from '../camera-config.js';
import { CameraClient } from '../http/camera-client.js';
import { ConditionalRequests } from '../http/conditional-requests.js';
import { connectionError, expectSuccess, HttpStatusError } from '../http/http-error.js';
import type { CameraResponse } from '../http/lenient-request.js';
import { readPicture } from '../http/read-picture.js';

const FIRST_RETRY_DELAY_MS = 250;
const RETRYABLE_STATUSES = [408, 425, 429];

/** A camera that returns its newest image on a GET request. */
export class HttpCamera implements Camera {
  readonly #client: CameraClient;
  readonly #conditions: ConditionalRequests;

  constructor(
    private readonly config: HttpCameraConfig,
    private readonly clock: Clock,
    /** Rises steadily, whatever becomes of the clock; milliseconds. */
    steadyClock: Clock = () => performance.now(),
  ) {
    this.#client = new CameraClient(config);
    this.#conditions = new ConditionalRequests(steadyClock);
  }

  /** Retries with exponential backoff, up to the configured number of retries, until `signal` aborts. */
  async take(signal: AbortSignal): Promise<Snapshot | undefined> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await withDeadline(this.config.timeoutSeconds * 1000, signal, (attemptSignal) =>
          this.#take(attemptSignal),
        );
      } catch (error) {
        const failure = connectionError(error);
        if (attempt === this.config.retries || !isRetryable(error)) throw failure;
        const delayMs = FIRST_RETRY_DELAY_MS * 2 ** attempt * (0.5 + Math.random() / 2);
        await sleep(delayMs, undefined, { signal }).catch(() => {
          throw failure;
        });
      }
    }
  }

  retryLogin(): void {
    this.#client.retryLogin();
  }

  async close(): Promise<void> {
    this.#client.close();
  }

  #take(signal: AbortSignal): Promise<Snapshot | undefined> {
    const headers = { Accept: 'image/jpeg, image/*;q=0.9', ...this.#conditions.headers() };
    return this.#client.get(headers, signal, (response) => this.#read(response));
  }

  async #read(response: CameraResponse): Promise<Snapshot | undefined> {
    const takenAt = this.clock();
    if (response.status === 304) {
      this.#conditions.recordNotModified();
      if (!this.#conditions.isStubborn) return undefined;
    }
    expectSuccess(response);
    const { maxBytes } = this.config;
    if (Number(response.header('content-length')) > maxBytes) throw snapshotTooLarge(maxBytes);
    const bytes = trimPicture(await readPicture(response.body, maxBytes));
    if (bytes.length === 0) throw new CameraError('unreadable', 'the camera sent an empty body');
    const validators = {
      etag: response.header('etag'),
      lastModified: response.header('last-modified'),
    };
    return {
      bytes,
      takenAt,
      more: false,
      markProcessed: async () => this.#conditions.keep(validators),
      skip: async () => this.#conditions.keep({}),
    };
  }
}

function isRetryable(error: unknown): boolean {
  if (error instanceof HttpStatusError)
    return error.status >= 500 || RETRYABLE_STATUSES.includes(error.status);
  return !(error instanceof CameraError) || error.code === 'unreachable';
}
