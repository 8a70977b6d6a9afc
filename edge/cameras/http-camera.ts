import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../core/runtime/clock.js';
import { readSecret } from '../../core/runtime/configuration.js';
import { messageOf } from '../../core/runtime/errors.js';
import { type Camera, CameraError, type Snapshot } from './camera.js';
import type { HttpCameraConfig } from './camera-config.js';
import { readBody } from './read-body.js';
import { requestSameHost } from './request-same-host.js';
import { withDeadline } from './with-deadline.js';

const FIRST_WAIT_MS = 250;
const BUSY_STATUSES = [408, 425, 429];

/** What a camera said about its last snapshot, for a conditional request (RFC 9110, section 13). */
interface Validators {
  etag: string | null;
  lastModified: string | null;
}

/** A camera that answers a GET with its newest picture. */
export class HttpCamera implements Camera {
  #known: Validators = { etag: null, lastModified: null };

  constructor(
    private readonly config: HttpCameraConfig,
    private readonly clock: Clock,
  ) {}

  /** Tries again, with growing waits, as often as the configuration allows and while `signal` leaves time. */
  async take(signal: AbortSignal): Promise<Snapshot | undefined> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await withDeadline(this.config.timeoutSeconds * 1000, signal, (attemptSignal) =>
          this.#attempt(attemptSignal),
        );
      } catch (error) {
        const failure = asCameraError(error);
        if (attempt === this.config.retries || !isWorthRetrying(error)) throw failure;
        const wait = FIRST_WAIT_MS * 2 ** attempt * (0.5 + Math.random() / 2);
        await sleep(wait, undefined, { signal }).catch(() => {
          throw failure;
        });
      }
    }
  }

  async #attempt(signal: AbortSignal): Promise<Snapshot | undefined> {
    const response = await requestSameHost(new URL(this.config.url), this.#headers(), signal);
    const takenAt = this.clock();
    if (!response.ok) {
      await response.body?.cancel();
      if (response.status === 304) return undefined;
      throw new BadStatus(response.status);
    }
    const validators = {
      etag: response.headers.get('etag'),
      lastModified: response.headers.get('last-modified'),
    };
    return {
      bytes: await readBody(response, this.config.maxBytes),
      takenAt,
      more: false,
      settle: async () => {
        this.#known = validators;
      },
    };
  }

  #headers(): Headers {
    const headers = new Headers({ accept: 'image/jpeg, image/*;q=0.9' });
    if (this.#known.etag) headers.set('if-none-match', this.#known.etag);
    if (this.#known.lastModified) headers.set('if-modified-since', this.#known.lastModified);
    if (this.config.auth) headers.set('authorization', basicAuthorization(this.config.auth));
    return headers;
  }
}

class BadStatus extends CameraError {
  constructor(readonly status: number) {
    super(
      'bad_status',
      status === 401 || status === 403
        ? `the camera refused the user name or password (${status})`
        : `the camera answered with status ${status}`,
    );
  }
}

/** RFC 7617, with the user name and password as UTF-8. */
function basicAuthorization({ username, password }: NonNullable<HttpCameraConfig['auth']>): string {
  let secret: string;
  try {
    secret = readSecret(password);
  } catch (error) {
    throw new CameraError('unreadable', `the password cannot be read: ${messageOf(error)}`);
  }
  return `Basic ${Buffer.from(`${username}:${secret}`).toString('base64')}`;
}

function isWorthRetrying(error: unknown): boolean {
  if (error instanceof BadStatus)
    return error.status >= 500 || BUSY_STATUSES.includes(error.status);
  return !(error instanceof CameraError);
}

/** Names what `fetch` throws by its code alone, since its messages may hold the URL. */
function asCameraError(error: unknown): CameraError {
  if (error instanceof CameraError) return error;
  if (error instanceof DOMException)
    return new CameraError('timeout', 'the camera did not answer in time');
  const cause = error instanceof Error ? error.cause : undefined;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? 'no usable answer';
  return new CameraError('unreachable', `the camera cannot be reached (${code})`);
}
