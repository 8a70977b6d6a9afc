import type { IncomingMessage } from 'node:http';
import { CameraError } from './camera.js';

/** The camera answered, with a status that is no success. */
export class BadStatus extends CameraError {
  constructor(readonly status: number) {
    super(
      'bad_status',
      status === 401 || status === 403
        ? `the camera refused the user name or password (${status})`
        : `the camera answered with status ${status}`,
    );
  }
}

/** Throws where a camera's answer is no success, and closes it. */
export function expectSuccess(response: IncomingMessage): void {
  const { statusCode = 0 } = response;
  if (statusCode >= 200 && statusCode < 300) return;
  response.destroy();
  throw new BadStatus(statusCode);
}

/** Names what Node throws by its code alone, since its messages may hold the address. */
export function networkFailure(error: unknown): CameraError {
  if (error instanceof CameraError) return error;
  if (isAbort(error)) return new CameraError('timeout', 'the camera did not answer in time');
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? 'no usable answer';
  return new CameraError('unreachable', `the camera cannot be reached (${code})`);
}

const isAbort = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
