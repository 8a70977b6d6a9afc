import { CameraError } from '../camera.js';
import { tooLarge } from './read-body.js';

const MAX_HEADERS = 8192;
const BLANK_LINE = '\r\n\r\n';

/** The boundary in a multipart media type (RFC 2046, section 5.1.1); undefined where it is none. */
export function boundaryOf(contentType: string | undefined): string | undefined {
  const [, quoted, plain] =
    /^multipart\/[\w-]+\s*;(?:.*;)?\s*boundary\s*=\s*(?:"([^"]+)"|([^\s;"]+))/i.exec(
      contentType ?? '',
    ) ?? [];
  // Many cameras count the two hyphens before a delimiter as part of the boundary.
  return (quoted ?? plain)?.replace(/^--/, '') || undefined;
}

/**
 * The first whole part of a multipart stream. Holds no more than one frame of `maxBytes`, and reads nothing
 * beyond it. A part ends after its Content-Length where it has one, and else before the next delimiter.
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

/** A reader of the body, once the part's headers are there. */
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
  /** The last bytes, in which a delimiter may have begun. */
  #tail = Buffer.alloc(0);
  #end = -1;

  constructor(
    private readonly length: number | undefined,
    private readonly delimiter: Buffer,
    private readonly maxBytes: number,
  ) {
    if ((length ?? 0) > maxBytes) throw tooLarge(maxBytes);
  }

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    if (this.length === undefined) this.#look(chunk);
    this.#bytes += chunk.length;
    if (this.body() === undefined && this.#bytes > this.maxBytes + this.delimiter.length)
      throw tooLarge(this.maxBytes);
  }

  /** Undefined until it is whole. */
  body(): Buffer | undefined {
    const end = this.length ?? this.#end;
    if (end < 0 || this.#bytes < end) return undefined;
    if (end > this.maxBytes) throw tooLarge(this.maxBytes);
    return Buffer.concat(this.#chunks).subarray(0, end);
  }

  #look(chunk: Buffer): void {
    if (this.#end >= 0) return;
    const seen = Buffer.concat([this.#tail, chunk]);
    const at = seen.indexOf(this.delimiter);
    if (at >= 0) this.#end = this.#bytes - this.#tail.length + at;
    this.#tail = seen.subarray(-(this.delimiter.length - 1));
  }
}

const malformed = () => new CameraError('unreadable', 'the camera sent no whole frame');
