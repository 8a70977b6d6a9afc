/** A request or response of RTSP (RFC 2326), or packets of the stream between them, as they came. */
export type RtspPart =
  | { kind: 'message'; message: RtspMessage }
  | { kind: 'packets'; bytes: Buffer };

export interface RtspMessage {
  /** `DESCRIBE rtsp://… RTSP/1.0`, or `RTSP/1.0 200 OK`. */
  start: string;
  /** As they came, without their line ends. */
  headers: string[];
  body: Buffer;
}

const MAX_HEAD_BYTES = 65_536;
const MAX_BODY_BYTES = 1_048_576;
const DOLLAR = 0x24;
const NEWLINE = 0x0a;

/** The other side speaks no RTSP. */
export class RtspFault extends Error {
  override readonly name = 'RtspFault';
}

/** Splits what arrives over a connection. Texts are Latin-1. */
export class RtspSplitter {
  #rest = Buffer.alloc(0);

  /** The parts that are complete. Throws RtspFault. */
  push(chunk: Buffer): RtspPart[] {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const parts: RtspPart[] = [];
    for (;;) {
      const length = packetsIn(bytes);
      if (length > 0) parts.push({ kind: 'packets', bytes: bytes.subarray(0, length) });
      bytes = bytes.subarray(length);
      const read = bytes[0] === DOLLAR ? undefined : readMessage(bytes);
      if (!read) break;
      if (read.message) parts.push({ kind: 'message', message: read.message });
      bytes = bytes.subarray(read.length);
    }
    this.#rest = Buffer.from(bytes);
    return parts;
  }
}

/** Bytes of the complete packets at the beginning: `$`, channel, two bytes of length, content. */
function packetsIn(bytes: Buffer): number {
  let at = 0;
  while (bytes[at] === DOLLAR && at + 4 <= bytes.length) {
    const end = at + 4 + bytes.readUInt16BE(at + 2);
    if (end > bytes.length) break;
    at = end;
  }
  return at;
}

/** A complete message at the beginning, or a line between messages, which has none; undefined if more has to come. */
function readMessage(bytes: Buffer): { length: number; message?: RtspMessage } | undefined {
  const firstEnd = bytes.indexOf(NEWLINE);
  const isTooLong = bytes.length > MAX_HEAD_BYTES;
  if (firstEnd < 0) {
    if (isTooLong) throw new RtspFault('a line is too long');
    return undefined;
  }
  const first = lineAt(bytes, 0, firstEnd);
  if (!/^RTSP\/|\sRTSP\/1\.\d$/.test(first)) return { length: firstEnd + 1 };
  const lines = [first];
  for (let at = firstEnd + 1; ; ) {
    const end = bytes.indexOf(NEWLINE, at);
    if (end < 0 || end > MAX_HEAD_BYTES) {
      if (isTooLong) throw new RtspFault('a head is too long');
      return undefined;
    }
    const line = lineAt(bytes, at, end);
    at = end + 1;
    if (line === '') return withBody(bytes, at, lines);
    lines.push(line);
  }
}

function withBody(bytes: Buffer, at: number, [start = '', ...headers]: string[]) {
  const size = Number(headerOf({ headers }, 'content-length') ?? 0);
  if (!(size >= 0 && size <= MAX_BODY_BYTES)) throw new RtspFault('a body is too long');
  if (bytes.length < at + size) return undefined;
  const body = bytes.subarray(at, at + size);
  return { length: at + size, message: { start, headers, body } };
}

const lineAt = (bytes: Buffer, from: number, end: number): string =>
  bytes.toString('latin1', from, end).replace(/\r$/, '');

/** All values of a header, whose name is in lower case. */
export const headersOf = ({ headers }: Pick<RtspMessage, 'headers'>, name: string): string[] =>
  headers
    .filter((line) => line.slice(0, line.indexOf(':')).trim().toLowerCase() === name)
    .map((line) => line.slice(line.indexOf(':') + 1).trim());

export const headerOf = (message: Pick<RtspMessage, 'headers'>, name: string) =>
  headersOf(message, name)[0];

/** A message with some headers replaced; an undefined value removes one. */
export function withHeaders(
  { start, headers, body }: RtspMessage,
  changes: Record<string, string | undefined>,
): RtspMessage {
  const names = Object.keys(changes).map((name) => name.toLowerCase());
  const kept = headers.filter(
    (line) => !names.includes(line.slice(0, line.indexOf(':')).trim().toLowerCase()),
  );
  const added = Object.entries(changes).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  );
  return { start, headers: [...added, ...kept], body };
}

export const encodeMessage = ({ start, headers, body }: RtspMessage): Buffer =>
  Buffer.concat([Buffer.from(`${[start, ...headers].join('\r\n')}\r\n\r\n`, 'latin1'), body]);
