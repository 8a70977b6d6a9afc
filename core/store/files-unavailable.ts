/** The store of files does not answer, or refuses to work. */
export class FilesUnavailableError extends Error {
  override readonly name = 'FilesUnavailableError';

  constructor(
    /** For operators and callers: without addresses and keys. */
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`the file store is not available: ${reason}`, options);
  }
}

/** The error, or the cause of it, that reports that the store of files is not available. */
export function filesUnavailabilityOf(error: unknown): FilesUnavailableError | undefined {
  for (let at = error; at instanceof Error; at = at.cause)
    if (at instanceof FilesUnavailableError) return at;
  return undefined;
}
