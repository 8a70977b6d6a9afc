import { CameraError } from '../camera.js';

/** A failed file operation as a CameraError. It shows only the error code, since the message contains a local path. */
export function fileError(error: unknown): CameraError {
  if (error instanceof CameraError) return error;
  if (error instanceof DOMException || (error as Error).name === 'AbortError')
    return new CameraError('timeout', 'the folder did not respond in time');
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  return new CameraError('unreadable', `the folder or a file in it is not accessible (${code})`);
}
