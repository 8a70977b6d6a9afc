import { messageOf, StartError } from '../runtime/errors.js';

/**
 * Errors that say that a database file is damaged or that the disk does not give a part of it. Errors of writing are
 * not among them: see `isStorageFailure`.
 */
const CODES =
  /^SQLITE_(CORRUPT.*|NOTADB|IOERR_(READ|SHORT_READ|CORRUPTFS|DATA|BEGIN_ATOMIC)|FORMAT)$/;

/** Whether an error or its cause says that a database is damaged. */
export function isDamage(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string' && CODES.test(code)) return true;
  }
  return false;
}

/** Runs a command; if the database turns out to be damaged, the error names the file and what to do. */
export async function namingDamage<Value>(
  file: string,
  program: string,
  run: () => Promise<Value>,
): Promise<Value> {
  try {
    return await run();
  } catch (cause) {
    if (!isDamage(cause)) throw cause;
    throw new StartError(
      `${file} is damaged: ${messageOf(cause)}; restart ${program}, which keeps what can be read, or stop it and run: ${program} database repair`,
      { cause },
    );
  }
}

/** Called with each error that says that the database is damaged. */
export type OnDamage = (error: unknown) => void;

/** Runs a statement; reports an error that says that the database is damaged before it is thrown. */
export function watched<Value>(onDamage: OnDamage | undefined, run: () => Value): Value {
  try {
    return run();
  } catch (error) {
    if (onDamage && isDamage(error)) onDamage(error);
    throw error;
  }
}
