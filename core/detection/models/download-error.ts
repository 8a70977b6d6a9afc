export type DownloadFault =
  | 'unreachable'
  | 'interrupted'
  | 'refused'
  | 'redirect'
  | 'size'
  | 'hash'
  | 'no_space'
  | 'cancelled';

interface DownloadErrorOptions {
  /** The same request may succeed later. */
  isTemporary?: boolean;
  /** How long the server asked to wait. */
  retryAfterMs?: number | undefined;
  cause?: unknown;
}

/** Why a file was not downloaded; the message is for the operator. */
export class DownloadError extends Error {
  override readonly name = 'DownloadError';
  readonly isTemporary: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly fault: DownloadFault,
    message: string,
    { isTemporary = false, retryAfterMs, cause }: DownloadErrorOptions = {},
  ) {
    super(message, { cause });
    this.isTemporary = isTemporary;
    this.retryAfterMs = retryAfterMs;
  }
}

const temporary = { isTemporary: true };

const TEXT = new Map(
  Object.entries({
    ENOTFOUND: 'its name was not found',
    EAI_AGAIN: 'its name was not resolved (no DNS server answered)',
    ECONNREFUSED: 'it refuses connections',
    ECONNRESET: 'it closed the connection',
    EPIPE: 'it closed the connection',
    ETIMEDOUT: 'it does not answer',
    EHOSTUNREACH: 'there is no route to it',
    ENETUNREACH: 'there is no route to it',
    CERT_HAS_EXPIRED: 'its certificate has expired, or the clock of this machine is wrong',
    CERT_NOT_YET_VALID: 'its certificate is not valid yet; check the clock of this machine',
  }),
);

/** A connection that failed, in words. */
export function connectionFault(error: unknown, host: string): DownloadError {
  if (error instanceof DownloadError) return error;
  const { code = '', message } = firstOf(error);
  const text = `${host} was not reached: ${TEXT.get(code) ?? (message || code)}`;
  const isCertificate = /CERT|SELF_SIGNED|ALTNAME|UNABLE_TO/.test(code);
  return new DownloadError('unreachable', text, { isTemporary: !isCertificate, cause: error });
}

/** Of a host with several addresses, the error of the first one. */
function firstOf(error: unknown): NodeJS.ErrnoException {
  if (error instanceof AggregateError && error.errors.length > 0) return firstOf(error.errors[0]);
  return error instanceof Error ? error : new Error(String(error));
}

export const interrupted = (message: string, cause?: unknown): DownloadError =>
  new DownloadError('interrupted', message, { ...temporary, cause });

export const noSpace = (folder: string, detail: string, cause?: unknown): DownloadError =>
  new DownloadError('no_space', `there is not enough space in ${folder}: ${detail}`, { cause });
