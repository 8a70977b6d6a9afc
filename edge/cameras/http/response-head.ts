/** What a camera sends before the body. Names of headers are in lower case, values without space around them. */
export interface ResponseHead {
  status: number;
  headers: ReadonlyMap<string, readonly string[]>;
  /** Whether the connection may carry another request: HTTP/1.1, and nothing in the head was odd. */
  isClean: boolean;
}

/** Bytes of a head; curl's bound is 300 kB, of cameras 20 kB were seen. */
export const MAX_HEAD_BYTES = 65_536;
const MAX_INTERIM_HEADS = 8;

const STATUS_LINE = /^(HTTP\/(\d)\.(\d)|ICY)[ \t]+(\d{3})(?:[ \t]|$)/i;
const BEGINNINGS = ['HTTP/', 'ICY '];

/** `too_large`: the head has no end within its bound. `malformed`: its first line is none of HTTP. */
export class ResponseHeadError extends Error {
  override readonly name = 'ResponseHeadError';

  constructor(readonly code: 'too_large' | 'malformed') {
    super(code);
  }
}

/**
 * Reads the head of a response as tolerantly as curl and browsers do (RFC 9112, section 2.2, and beyond): line ends
 * without CR, folded lines, control characters, space before a colon, a status line without a reason. A body without
 * any head is HTTP/0.9. Heads with a status of 1xx are passed over.
 */
export class ResponseHeadReader {
  /** What has arrived, in a buffer that grows faster than it: each byte is copied few times. */
  #bytes: Buffer = Buffer.alloc(0);
  #room: Buffer = Buffer.alloc(0);
  #interim = 0;

  /** The head and the bytes behind it; undefined until it is complete. Throws `ResponseHeadError`. */
  push(chunk: Buffer): { head: ResponseHead; rest: Buffer } | undefined {
    const searched = Math.max(0, this.#bytes.length - 3);
    this.#append(chunk);
    for (let from = searched; ; from = 0) {
      const kind = this.#kind();
      if (kind === 'unknown') return undefined;
      if (kind === 'none') return { head: headless(), rest: this.#bytes };
      const end = endOfHead(this.#bytes, from);
      if ((end?.at ?? this.#bytes.length) > MAX_HEAD_BYTES)
        throw new ResponseHeadError('too_large');
      if (!end) return undefined;
      const head = parseHead(this.#bytes.toString('latin1', 0, end.at));
      this.#bytes = this.#bytes.subarray(end.behind);
      const isInterim = head.status >= 100 && head.status < 200 && head.status !== 101;
      if (!isInterim) return { head, rest: this.#bytes };
      if (++this.#interim > MAX_INTERIM_HEADS) throw new ResponseHeadError('malformed');
    }
  }

  #append(chunk: Buffer): void {
    if (this.#bytes.length === 0) {
      this.#bytes = chunk;
      return;
    }
    const length = this.#bytes.length + chunk.length;
    const start = this.#bytes.byteOffset - this.#room.byteOffset;
    const isHere = this.#bytes.buffer === this.#room.buffer && start >= 0;
    const fits = isHere && start + length <= this.#room.length;
    const from = fits ? start : 0;
    if (!fits) {
      this.#room = Buffer.allocUnsafeSlow(2 * length);
      this.#bytes.copy(this.#room);
    }
    chunk.copy(this.#room, from + this.#bytes.length);
    this.#bytes = this.#room.subarray(from, from + length);
  }

  /** What the connection gave in all, if it ended before the head did: a short body without a head, or nothing. */
  end(): { head: ResponseHead; rest: Buffer } | undefined {
    if (this.#bytes.length === 0 || this.#kind() === 'head') return undefined;
    return { head: headless(), rest: this.#bytes };
  }

  /** Some cameras send line ends before the status line. */
  #kind(): 'head' | 'none' | 'unknown' {
    let start = 0;
    while (start < 8 && (this.#bytes[start] === 0x0d || this.#bytes[start] === 0x0a)) start++;
    const text = this.#bytes.toString('latin1', start, start + 5).toUpperCase();
    if (BEGINNINGS.some((beginning) => text.startsWith(beginning))) {
      this.#bytes = this.#bytes.subarray(start);
      return 'head';
    }
    return BEGINNINGS.some((beginning) => beginning.startsWith(text)) ? 'unknown' : 'none';
  }
}

const headless = (): ResponseHead => ({ status: 200, headers: new Map(), isClean: false });

/** A blank line, with or without CR. */
function endOfHead(bytes: Buffer, from: number): { at: number; behind: number } | undefined {
  for (let at = bytes.indexOf(0x0a, from); at !== -1; at = bytes.indexOf(0x0a, at + 1)) {
    if (bytes[at + 1] === 0x0a) return { at, behind: at + 2 };
    if (bytes[at + 1] === 0x0d && bytes[at + 2] === 0x0a) return { at, behind: at + 3 };
  }
  return undefined;
}

/** A line without the CR before its end, of which some cameras send several. */
function withoutEnd(line: string): string {
  let end = line.length;
  while (end > 0 && line.charCodeAt(end - 1) === 0x0d) end--;
  return line.slice(0, end);
}

function parseHead(text: string): ResponseHead {
  const [first = '', ...lines] = text.split('\n').map(withoutEnd);
  const [, , major, minor, status] = STATUS_LINE.exec(first) ?? [];
  if (status === undefined) throw new ResponseHeadError('malformed');
  const headers = new Map<string, string[]>();
  let last: string[] | undefined;
  for (const line of lines) {
    if (/^[ \t]/.test(line) && last) {
      // A folded line goes on with the value before it (RFC 9112, section 5.2).
      last.push(`${last.pop()} ${line.trim()}`);
      continue;
    }
    const colon = line.indexOf(':');
    if (colon === -1) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    last = headers.get(name) ?? [];
    last.push(line.slice(colon + 1).trim());
    headers.set(name, last);
  }
  return { status: Number(status), headers, isClean: major === '1' && minor === '1' };
}
