import { pipeline, Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { CameraError } from '../camera.js';
import type { CameraConnection } from './camera-connection.js';
import { type BodyDecoder, type BodyEnd, bodyDecoder } from './response-body.js';
import { type ResponseHead, ResponseHeadError, ResponseHeadReader } from './response-head.js';

/** A camera's answer. The body is read, once, or the response is closed. */
export interface CameraResponse {
  status: number;
  /** The first header of that name, in lower case. */
  header(name: string): string | undefined;
  /** All headers of that name, in lower case. */
  headers(name: string): readonly string[];
  /** Chunks of the body. Iteration ends with the body, however it ended, and fails when the connection does. */
  body: AsyncIterable<Buffer>;
  /** Gives the connection back if the body has ended as announced, and ends it otherwise. */
  close(): void;
}

/** Where connections come from and go to. */
export interface SocketPool {
  /** A connection; `isReused` if it carried requests before. */
  take(signal: AbortSignal): Promise<{ connection: CameraConnection; isReused: boolean }>;
  /** A connection that is new. */
  open(signal: AbortSignal): Promise<CameraConnection>;
  /** A connection on which nothing is under way. */
  giveBack(connection: CameraConnection): void;
}

export interface LenientRequest {
  target: string;
  /** With `Host`. */
  headers: Record<string, string>;
}

/**
 * GETs from a camera and reads what it answers as curl would (see `ResponseHeadReader` and `bodyDecoder`); Node's own
 * parser refuses what many cameras send. For cameras alone. Rejects with a CameraError, with the socket's error, or with
 * the reason of `signal`, which ends the connection as long as the response is not closed.
 */
export async function lenientGet(
  pool: SocketPool,
  request: LenientRequest,
  signal: AbortSignal,
): Promise<CameraResponse> {
  const { connection, isReused } = await pool.take(signal);
  const response = await exchange(pool, connection, request, signal).catch((error: unknown) => {
    // The camera closed a connection that was kept, before it saw the request.
    if (isReused && !signal.aborted && isUnanswered(error)) return undefined;
    throw error;
  });
  return response ?? exchange(pool, await pool.open(signal), request, signal);
}

class NoAnswer extends CameraError {
  constructor() {
    super('unreachable', 'the camera closed the connection without an answer');
  }
}

const isUnanswered = (error: unknown): boolean => error instanceof NoAnswer;

async function exchange(
  pool: SocketPool,
  connection: CameraConnection,
  { target, headers }: LenientRequest,
  signal: AbortSignal,
): Promise<CameraResponse> {
  const abort = () => connection.destroy(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  let isClosed = false;
  const release = () => signal.removeEventListener('abort', abort);
  try {
    signal.throwIfAborted();
    const lines = Object.entries(headers).map(
      ([name, value]) => `${name}: ${value.replace(/[\r\n\0]+/g, ' ')}\r\n`,
    );
    connection.write(`GET ${target} HTTP/1.1\r\n${lines.join('')}\r\n`);
    const { head, rest } = await readHead(connection);
    const body = new Body(bodyDecoder(head), rest, connection);
    return responseOf(head, body, () => {
      if (isClosed) return;
      isClosed = true;
      release();
      if (body.end === 'complete' && body.isExact && mayBeKept(head)) pool.giveBack(connection);
      else connection.destroy();
    });
  } catch (error) {
    release();
    connection.destroy();
    throw signal.aborted ? signal.reason : error;
  }
}

async function readHead(
  chunks: AsyncIterator<Buffer>,
): Promise<{ head: ResponseHead; rest: Buffer }> {
  const reader = new ResponseHeadReader();
  let hasBytes = false;
  for (;;) {
    const next = await chunks.next().catch((error: unknown) => {
      throw hasBytes ? error : new NoAnswer();
    });
    try {
      const found = next.done ? reader.end() : reader.push(next.value);
      if (found) return found;
    } catch (error) {
      if (!(error instanceof ResponseHeadError)) throw error;
      throw faulty(
        error.code === 'too_large' ? 'its headers have no end within 64 KiB' : 'no status line',
      );
    }
    if (next.done)
      throw hasBytes ? faulty('the connection ended within the headers') : new NoAnswer();
    hasBytes = true;
  }
}

const faulty = (what: string) => new CameraError('faulty_http', `its HTTP is faulty: ${what}`);

/** The bytes of a body, read once. */
class Body implements AsyncIterable<Buffer> {
  /** Undefined until the body has ended. */
  end: BodyEnd | undefined;
  /** Whether nothing came behind the body. */
  isExact = true;

  constructor(
    private readonly decoder: BodyDecoder,
    private readonly first: Buffer,
    private readonly chunks: AsyncIterator<Buffer>,
  ) {
    if (decoder.isEnded) this.end = 'complete';
    if (decoder.isEnded && first.length > 0) this.isExact = false;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    let chunk: Buffer | undefined = this.first;
    while (!this.decoder.isEnded && chunk) {
      if (chunk.length > 0) yield* this.decoder.push(chunk);
      if (this.decoder.isEnded) break;
      const next: IteratorResult<Buffer> = await this.chunks.next();
      chunk = next.done ? undefined : next.value;
    }
    this.end = this.decoder.isEnded ? 'complete' : this.decoder.close();
    if (!chunk || this.decoder.hasExcess) this.isExact = false;
  }
}

const mayBeKept = ({ headers, isClean }: ResponseHead): boolean =>
  isClean && !(headers.get('connection') ?? []).some((value) => /\bclose\b/i.test(value));

function responseOf(head: ResponseHead, body: Body, close: () => void): CameraResponse {
  const { status, headers } = head;
  const [coding] = headers.get('content-encoding') ?? [];
  const common = {
    status,
    header: (name: string) => headers.get(name)?.[0],
    headers: (name: string) => headers.get(name) ?? [],
  };
  // No coding is asked for; some cameras use one all the same.
  const decompressor = body.end ? undefined : decompressorFor(coding?.trim().toLowerCase());
  if (!decompressor) return { ...common, body, close };
  // Errors of the source reach whoever reads from the decompressor, and bounds what comes out.
  pipeline(Readable.from(body, { objectMode: false }), decompressor, () => undefined);
  return {
    ...common,
    body: readDecompressed(decompressor),
    close: () => {
      close();
      decompressor.destroy();
    },
  };
}

function decompressorFor(coding: string | undefined): Transform | undefined {
  if (coding === 'gzip' || coding === 'x-gzip') return createGunzip();
  if (coding === 'deflate') return createInflate();
  return coding === 'br' ? createBrotliDecompress() : undefined;
}

async function* readDecompressed(decompressor: Transform): AsyncGenerator<Buffer> {
  try {
    yield* decompressor as AsyncIterable<Buffer>;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code?.startsWith('Z_') ? faulty('its compressed body is damaged') : error;
  }
}
