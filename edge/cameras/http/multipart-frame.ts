import { CameraError, snapshotTooLarge } from '../camera.js';

const MAX_HEADERS = 8192;
const BLANK_LINE = '\r\n\r\n';

/** The boundary of a multipart media type (RFC 2046, section 5.1.1); undefined if it has none. */
export function boundaryOf(contentType: string | undefined): string | undefined {
  const [, quoted, plain] =
    /^multipart\/[\w-]+\s*;(?:.*;)?\s*boundary\s*=\s*(?:"([^"]+)"|([^\s;"]+))/i.exec(
      contentType ?? '',
    ) ?? [];
  // Many cameras include the two hyphens of the delimiter in the boundary.
  return (quoted ?? plain)?.replace(/^--/, '') || undefined;
}

/**
 * The first complete part of a multipart stream. Buffers at most one frame of `maxBytes` and reads nothing
 * beyond it. A part ends after its Content-Length, or before the next delimiter if it has none.
 */
export async function firstFrame(
  stream: AsyncIterable<Buffer>,
  boundary: string,
  maxBytes: number,
): Promise<Buffer> {
  let frame: PartReader | undefined;
  let head = Buffer.alloc(0);
  for await (const chunk of stream) {
    if (frame) frame.add(chunk);
    else {
      head = Buffer.concat([head, chunk]);
      frame = beginPart(head, boundary, maxBytes);
      if (!frame && head.length > MAX_HEADERS) throw malformed();
    }
    const body = frame?.body();
    if (body) return body;
  }
  throw malformed();
}

/** A reader of the part's body; undefined until its headers are complete. */
function beginPart(head: Buffer, boundary: string, maxBytes: number): PartReader | undefined {
  const delimiter = head.indexOf(`--${boundary}`);
  if (delimiter === -1) return undefined;
  const end = head.indexOf(BLANK_LINE, delimiter);
  if (end === -1) return undefined;
  const headers = head.toString('latin1', delimiter, end);
  const length = /\r\ncontent-length[ \t]*:[ \t]*(\d+)/i.exec(headers)?.[1];
  const reader = new PartReader(
    length === undefined ? undefined : Number(length),
    Buffer.from(`\r\n--${boundary}`),
    maxBytes,
  );
  reader.add(head.subarray(end + BLANK_LINE.length));
  return reader;
}

class PartReader {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  /** The last bytes, which may contain the beginning of a delimiter. */
  #tail = Buffer.alloc(0);
  #end = -1;

  constructor(
    private readonly length: number | undefined,
    private readonly delimiter: Buffer,
    private readonly maxBytes: number,
  ) {
    if ((length ?? 0) > maxBytes) throw snapshotTooLarge(maxBytes);
  }

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    if (this.length === undefined) this.#findDelimiter(chunk);
    this.#bytes += chunk.length;
    if (this.body() === undefined && this.#bytes > this.maxBytes + this.delimiter.length)
      throw snapshotTooLarge(this.maxBytes);
  }

  /** Undefined until it is complete. */
  body(): Buffer | undefined {
    const end = this.length ?? this.#end;
    if (end < 0 || this.#bytes < end) return undefined;
    if (end > this.maxBytes) throw snapshotTooLarge(this.maxBytes);
    return Buffer.concat(this.#chunks).subarray(0, end);
  }

  #findDelimiter(chunk: Buffer): void {
    if (this.#end >= 0) return;
    const searched = Buffer.concat([this.#tail, chunk]);
    const at = searched.indexOf(this.delimiter);
    if (at >= 0) this.#end = this.#bytes - this.#tail.length + at;
    this.#tail = searched.subarray(-(this.delimiter.length - 1));
  }
}

const malformed = () => new CameraError('unreadable', 'the camera sent no complete frame');
