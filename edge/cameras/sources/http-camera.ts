import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../../core/runtime/clock.js';
import { type Camera, CameraError, type Snapshot } from '../camera.js';
import type { HttpCameraConfig } from '../camera-config.js';
import { BadStatus, expectSuccess, networkFailure } from '../camera-failure.js';
import { CameraClient } from '../http/camera-client.js';
import { readBody } from '../http/read-body.js';
import { withDeadline } from '../schedule/with-deadline.js';

const FIRST_WAIT_MS = 250;
const BUSY_STATUSES = [408, 425, 429];

/** What a camera said about its last snapshot, for a conditional request (RFC 9110, section 13). */
interface Validators {
  etag?: string | undefined;
  lastModified?: string | undefined;
}

/** A camera that answers a GET with its newest picture. */
export class HttpCamera implements Camera {
  readonly #client: CameraClient;
  #known: Validators = {};

  constructor(
    private readonly config: HttpCameraConfig,
    private readonly clock: Clock,
  ) {
    this.#client = new CameraClient(config);
  }

  /** Tries again, with growing waits, as often as the configuration allows and while `signal` leaves time. */
  async take(signal: AbortSignal): Promise<Snapshot | undefined> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await withDeadline(this.config.timeoutSeconds * 1000, signal, (attemptSignal) =>
          this.#client.get(this.#headers(), attemptSignal, (response) => this.#read(response)),
        );
      } catch (error) {
        const failure = networkFailure(error);
        if (attempt === this.config.retries || !isWorthRetrying(error)) throw failure;
        const wait = FIRST_WAIT_MS * 2 ** attempt * (0.5 + Math.random() / 2);
        await sleep(wait, undefined, { signal }).catch(() => {
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
      settle: async () => {
        this.#known = { etag, lastModified };
      },
    };
  }

  #headers(): Record<string, string> {
    const { etag, lastModified } = this.#known;
    return {
      accept: 'image/jpeg, image/*;q=0.9',
      ...(etag && { 'if-none-match': etag }),
      ...(lastModified && { 'if-modified-since': lastModified }),
    };
  }
}

function isWorthRetrying(error: unknown): boolean {
  if (error instanceof BadStatus)
    return error.status >= 500 || BUSY_STATUSES.includes(error.status);
  return !(error instanceof CameraError);
}
