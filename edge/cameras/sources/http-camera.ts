import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../../core/runtime/clock.js';
import { withDeadline } from '../../../core/runtime/with-deadline.js';
import { type Camera, CameraError, type Snapshot } from '../camera.js';
import type { HttpCameraConfig } from '../camera-config.js';
import { CameraClient } from '../http/camera-client.js';
import { connectionError, expectSuccess, HttpStatusError } from '../http/http-error.js';
import { readBody } from '../http/read-body.js';

const FIRST_RETRY_DELAY_MS = 250;
const RETRYABLE_STATUSES = [408, 425, 429];

/** Validators of the last processed snapshot, for a conditional request (RFC 9110, section 13). */
interface Validators {
  etag?: string | undefined;
  lastModified?: string | undefined;
}

/** A camera that returns its newest image on a GET request. */
export class HttpCamera implements Camera {
  readonly #client: CameraClient;
  #validators: Validators = {};

  constructor(
    private readonly config: HttpCameraConfig,
    private readonly clock: Clock,
  ) {
    this.#client = new CameraClient(config);
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

  async #read(response: IncomingMessage): Promise<Snapshot | undefined> {
    const takenAt = this.clock();
    if (response.statusCode === 304) {
      response.resume();
      return undefined;
    }
    expectSuccess(response);
    const { etag, 'last-modified': lastModified } = response.headers;
    return {
      bytes: await readBody(response, this.config.maxBytes),
      takenAt,
      more: false,
      markProcessed: async () => {
        this.#validators = { etag, lastModified };
      },
    };
  }

  #headers(): Record<string, string> {
    const { etag, lastModified } = this.#validators;
    return {
      accept: 'image/jpeg, image/*;q=0.9',
      ...(etag && { 'if-none-match': etag }),
      ...(lastModified && { 'if-modified-since': lastModified }),
    };
  }
}

function isRetryable(error: unknown): boolean {
  if (error instanceof HttpStatusError)
    return error.status >= 500 || RETRYABLE_STATUSES.includes(error.status);
  return !(error instanceof CameraError);
}
