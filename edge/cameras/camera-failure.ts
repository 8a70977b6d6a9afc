import type { IncomingMessage } from 'node:http';
import { ProblemError } from '../../core/runtime/errors.js';
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

/** The image itself is refused, and most likely always would be: 413, 415 and 422 in the table of problems. */
export const isFaultOfImage = (error: unknown): error is ProblemError =>
  error instanceof ProblemError && [413, 415, 422].includes(error.status);

/** What the camera gave is no image that could be searched, by its bytes alone. */
export const isNoImage = (error: unknown): error is ProblemError =>
  isFaultOfImage(error) && (error.status !== 422 || error.code === 'image_undecodable');

/** There is no room for the snapshot now, which is nobody's fault but ours. */
export const isOverload = (error: unknown): error is ProblemError =>
  error instanceof ProblemError && error.status >= 500;
