import type { IncomingMessage } from 'node:http';
import { connectionFault, DownloadError, interrupted } from './download-error.js';

/** A server that sends less than this in the time of a stall is given up as well. */
const MIN_PROGRESS_BYTES = 1_024;

/** The body, as long as it arrives fast enough. */
export async function* chunksOf(
  response: IncomingMessage,
  { host }: URL,
  stallMs: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const seconds = Math.round(stallMs / 1_000);
  let recent = 0;
  const check = () => {
    if (recent < MIN_PROGRESS_BYTES)
      response.destroy(interrupted(`${host} sent ${recent || 'no'} bytes in ${seconds} s`));
    recent = 0;
  };
  const abort = () => response.destroy(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  const timer = setInterval(check, stallMs);
  try {
    for await (const chunk of response) {
      recent += (chunk as Buffer).length;
      yield chunk as Buffer;
    }
  } catch (error) {
    if (signal.aborted || error instanceof DownloadError) throw error;
    // Node names a connection that ends before the body does "aborted".
    throw isCut(error)
      ? interrupted(`${host} cut the connection`, error)
      : connectionFault(error, host);
  } finally {
    clearInterval(timer);
    signal.removeEventListener('abort', abort);
  }
}

const isCut = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ECONNRESET';

/** Throws DownloadError for a body that is compressed: its bytes are not the file's. */
export function requirePlain(encoding: string | undefined, { host }: URL): void {
  if (encoding === undefined || encoding === 'identity') return;
  throw new DownloadError('refused', `${host} sends the file compressed (${encoding}) unasked`);
}

/** The length of the body, if the server states it. */
export function lengthOf({ headers }: IncomingMessage): number | undefined {
  const length = headers['content-length'];
  return length === undefined ? undefined : Number(length);
}

/** What `If-Range` may compare: a strong entity tag, or else a date (RFC 9110, 13.1.5). */
export function validatorOf({ headers }: IncomingMessage): string | undefined {
  const { etag } = headers;
  return etag?.startsWith('"') ? etag : headers['last-modified'];
}

const AGAIN = new Set([408, 425, 429, 500, 502, 503, 504]);

/** A response without the file. */
export function statusFault({ statusCode = 0, headers }: IncomingMessage, url: URL): DownloadError {
  const reason = REASONS[statusCode] ?? `it answered with status ${statusCode}`;
  const seconds = Number(headers['retry-after']);
  return new DownloadError('refused', `${withoutUser(url)} cannot be downloaded: ${reason}`, {
    isTemporary: AGAIN.has(statusCode),
    retryAfterMs: Number.isFinite(seconds) ? seconds * 1_000 : undefined,
  });
}

const REASONS: Record<number, string> = {
  401: 'the server asks for a login (status 401)',
  403: 'the server refuses access (status 403)',
  404: 'the server does not have it (status 404)',
  407: 'the proxy asks for a login (status 407)',
  410: 'the server no longer has it (status 410)',
  429: 'the server asks to wait (status 429)',
};

/** Safe to show and to store: without user, password and the parameters that may sign a URL. */
export function withoutUser(url: URL): string {
  return `${url.origin}${url.pathname}`;
}
