import type { ResponseHead } from './response-head.js';

/** How a body came to its end. `cut`: the connection ended before the framing said so. */
export type BodyEnd = 'complete' | 'cut';

/** Turns the bytes behind a head into those of the body. */
export interface BodyDecoder {
  /** The body's bytes in a chunk. */
  push(chunk: Buffer): Buffer[];
  /** Whether the body has ended; what follows belongs to it no more. */
  readonly isEnded: boolean;
  /** Whether bytes came behind the end of the body. */
  readonly hasExcess: boolean;
  /** Called when the connection has ended. */
  close(): BodyEnd;
}

const NO_BODY = [204, 304];

/**
 * The framing of a body (RFC 9112, section 6.3), as tolerantly as curl has it: chunked goes before a length; lengths that
 * contradict each other are none; without any, the connection's end is the body's.
 */
export function bodyDecoder({ status, headers }: ResponseHead): BodyDecoder {
  if (NO_BODY.includes(status)) return new LengthDecoder(0);
  const codings = headers.get('transfer-encoding') ?? [];
  if (codings.some((coding) => /\bchunked\b/i.test(coding))) return new ChunkedDecoder();
  const lengths = new Set(
    (headers.get('content-length') ?? []).flatMap((value) => value.split(',')).map((v) => v.trim()),
  );
  const [length = ''] = lengths;
  if (lengths.size === 1 && /^\d{1,15}$/.test(length)) return new LengthDecoder(Number(length));
  return new ConnectionDecoder();
}

class LengthDecoder implements BodyDecoder {
  hasExcess = false;

  constructor(private left: number) {}

  get isEnded(): boolean {
    return this.left === 0;
  }

  push(chunk: Buffer): Buffer[] {
    const taken = chunk.subarray(0, this.left);
    this.left -= taken.length;
    if (taken.length < chunk.length) this.hasExcess = true;
    return taken.length > 0 ? [taken] : [];
  }

  close(): BodyEnd {
    return this.isEnded ? 'complete' : 'cut';
  }
}

/** Until the connection ends. */
class ConnectionDecoder implements BodyDecoder {
  readonly isEnded = false;
  readonly hasExcess = false;

  push(chunk: Buffer): Buffer[] {
    return [chunk];
  }

  close(): BodyEnd {
    return 'complete';
  }
}

/** A size line is some digits and perhaps an extension. */
const MAX_SIZE_LINE = 1_024;

/** Chunks (RFC 9112, section 7.1), also with line ends without CR. Bytes that are no chunk from the start are the body itself. */
class ChunkedDecoder implements BodyDecoder {
  #state: 'size' | 'data' | 'trailer' | 'ended' | 'raw' = 'size';
  #line = '';
  #left = 0;
  #hasChunk = false;
  hasExcess = false;

  get isEnded(): boolean {
    return this.#state === 'ended';
  }

  push(chunk: Buffer): Buffer[] {
    const parts: Buffer[] = [];
    let i = 0;
    while (i < chunk.length && !this.isEnded) {
      if (this.#state === 'raw') {
        parts.push(chunk.subarray(i));
        return parts;
      }
      if (this.#state === 'data') {
        const part = chunk.subarray(i, i + this.#left);
        parts.push(part);
        this.#left -= part.length;
        i += part.length;
        if (this.#left === 0) this.#state = 'size';
        continue;
      }
      const end = chunk.indexOf(0x0a, i);
      const until = end === -1 ? chunk.length : end + 1;
      this.#line += chunk.toString('latin1', i, until);
      i = until;
      if (this.#line.length > MAX_SIZE_LINE || !this.#mayBeSize()) parts.push(...this.#giveUp());
      else if (end !== -1) this.#endLine();
    }
    if (i < chunk.length) this.hasExcess = true;
    return parts;
  }

  close(): BodyEnd {
    if (this.#state === 'raw') return 'complete';
    // Many cameras leave out the last chunk; between two chunks nothing is missing.
    const isBetween = this.#state === 'size' && this.#line.trim() === '' && this.#hasChunk;
    return isBetween || this.#state === 'trailer' || this.isEnded ? 'complete' : 'cut';
  }

  #mayBeSize(): boolean {
    return (
      this.#state === 'trailer' || /^\s*(?:[\da-f]{1,16}\s*)?(?:;[^\n]*)?\r?\n?$/i.test(this.#line)
    );
  }

  /** Bytes that are no chunk: before the first chunk they are the body, behind it they are the end of it. */
  #giveUp(): Buffer[] {
    this.#state = this.#hasChunk ? 'ended' : 'raw';
    this.hasExcess = this.#hasChunk;
    return this.#hasChunk ? [] : [Buffer.from(this.#line, 'latin1')];
  }

  #endLine(): void {
    const line = this.#line.trim();
    this.#line = '';
    if (this.#state === 'trailer') {
      if (line === '') this.#state = 'ended';
      return;
    }
    // The line end behind a chunk's data.
    if (line === '') return;
    this.#hasChunk = true;
    this.#left = Number.parseInt(line, 16);
    this.#state = this.#left > 0 ? 'data' : 'trailer';
  }
}
