import { ProblemError } from '../runtime/errors.js';

const CODES =
  /^(ENOSPC|EDQUOT|EROFS|EIO|SQLITE_FULL|SQLITE_READONLY.*|SQLITE_IOERR.*|SQLITE_CANTOPEN.*)$/;

/** Whether an error or its cause is a disk that is full or cannot be written. */
export function isStorageFailure(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (code !== undefined && CODES.test(code)) return true;
  }
  return false;
}

/** Whether another process holds the SQLite database's write lock for longer than a statement waits. */
export const isDatabaseBusy = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY';

/** The error for the caller: `disk_budget_spent` for a full disk or one that cannot be written, else the error itself. */
export function storageProblem(error: unknown): unknown {
  if (error instanceof ProblemError || !isStorageFailure(error)) return error;
  return new ProblemError('disk_budget_spent', 'The disk is full, or cannot be written.', {
    retryAfter: 60,
    cause: error,
  });
}
