import type { IncomingMessage } from 'node:http';
import { CameraError } from '../camera.js';

/** The camera responded with a status other than 2xx. */
export class HttpStatusError extends CameraError {
  constructor(readonly status: number) {
    super(
      'bad_status',
      status === 401 || status === 403
        ? `the camera rejected the user name or password (HTTP ${status})`
        : `the camera responded with HTTP ${status}`,
    );
  }
}

/** Throws an HttpStatusError and closes the response if its status is not 2xx. */
export function expectSuccess(response: IncomingMessage): void {
  const { statusCode = 0 } = response;
  if (statusCode >= 200 && statusCode < 300) return;
  response.destroy();
  throw new HttpStatusError(statusCode);
}

/** A failed connection as a CameraError. It shows only Node's error code, since the message may contain the address. */
export function connectionError(error: unknown): CameraError {
  if (error instanceof CameraError) return error;
  if (isAbort(error)) return new CameraError('timeout', 'the camera did not respond in time');
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? 'invalid response';
  return new CameraError('unreachable', `the camera is unreachable (${code})`);
}

const isAbort = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
