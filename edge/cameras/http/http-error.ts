import { CameraError } from '../camera.js';
import type { CameraResponse } from './lenient-request.js';

/** The camera responded with a status other than 2xx. */
export class HttpStatusError extends CameraError {
  constructor(
    readonly status: number,
    message = `the camera responded with HTTP ${status}`,
  ) {
    super('bad_status', message);
  }
}

/** Throws an HttpStatusError if the status of a response is not 2xx. */
export function expectSuccess({ status }: CameraResponse): void {
  if (status < 200 || status >= 300) throw new HttpStatusError(status);
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
