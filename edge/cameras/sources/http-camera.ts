import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../../core/runtime/clock.js';
import { withDeadline } from '../../../core/runtime/with-deadline.js';
import { type Camera, CameraError, type Snapshot, snapshotTooLarge } from '../camera.js';
import type { HttpCameraConfig } from '../camera-config.js';
import { CameraClient } from '../http/camera-client.js';
import { connectionError, expectSuccess, HttpStatusError } from '../http/http-error.js';
import type { CameraResponse } from '../http/lenient-request.js';
import { readPicture } from '../http/read-picture.js';

const FIRST_RETRY_DELAY_MS = 250;
const RETRYABLE_STATUSES = [408, 425, 429];
/** After so many 304s in a row, or so long without a new image, a request goes without conditions. */
const MAX_UNCHANGED = 10;
const MAX_UNCHANGED_MS = 300_000;

/** Validators of the last processed snapshot, for a conditional request (RFC 9110, section 13). */
interface Validators {
  etag?: string | undefined;
  lastModified?: string | undefined;
}

/** A camera that returns its newest image on a GET request. */
export class HttpCamera implements Camera {
  readonly #client: CameraClient;
  #validators: Validators = {};
  #unchanged = 0;
  #newAt: number;

  constructor(
    private readonly config: HttpCameraConfig,
    private readonly clock: Clock,
    private readonly steady = () => performance.now(),
  ) {
    this.#client = new CameraClient(config);
    this.#newAt = steady();
  }

  /** Retries with exponential backoff, up to the configured number of retries, until `signal` aborts. */
  async take(signal: AbortSignal): Promise<Snapshot | undefined> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await withDeadline(this.config.timeoutSeconds * 1000, signal, (attemptSignal) =>
          this.#client.get(this.#headers(), attemptSignal, (response) => this.#read(response)),
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

  async close(): Promise<void> {
    this.#client.close();
  }

  async #read(response: CameraResponse): Promise<Snapshot | undefined> {
    const takenAt = this.clock();
    if (response.status === 304) {
      this.#unchanged++;
      return undefined;
    }
    expectSuccess(response);
    this.#unchanged = 0;
    this.#newAt = this.steady();
    if (Number(response.header('content-length')) > this.config.maxBytes)
      throw snapshotTooLarge(this.config.maxBytes);
    const [etag, lastModified] = [response.header('etag'), response.header('last-modified')];
    return {
      bytes: await readPicture(response.body, this.config.maxBytes),
      takenAt,
      more: false,
      markProcessed: async () => {
        this.#validators = { etag, lastModified };
      },
      // An image that cannot be used is asked for again in full.
      skip: async () => {
        this.#validators = {};
      },
    };
  }

  #headers(): Record<string, string> {
    const mayBeStuck =
      this.#unchanged >= MAX_UNCHANGED || this.steady() - this.#newAt >= MAX_UNCHANGED_MS;
    const { etag, lastModified } = mayBeStuck ? {} : this.#validators;
    return {
      Accept: 'image/jpeg, image/*;q=0.9',
      ...(etag && { 'If-None-Match': etag }),
      ...(lastModified && { 'If-Modified-Since': lastModified }),
    };
  }
}

function isRetryable(error: unknown): boolean {
  if (error instanceof HttpStatusError)
    return error.status >= 500 || RETRYABLE_STATUSES.includes(error.status);
  return !(error instanceof CameraError);
}
