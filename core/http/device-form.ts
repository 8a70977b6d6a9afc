/** A part of a multipart body. */
export interface DevicePart {
  /** Its headers, as text. */
  head: string;
  content: Buffer;
}

const MAX_PARTS = 64;
const MAX_HEAD_BYTES = 16_384;
const MAX_LINE_BYTES = 256;

/**
 * The parts of a multipart body (RFC 2046, section 5.1) as cameras send it: with another boundary than announced or
 * none, with quotes of any kind, hyphens more or fewer, line ends without CR, and without an end. None if it is no such body.
 */
export function devicePartsOf(body: Buffer, contentType: string): DevicePart[] {
  const delimiter = delimiterIn(body, contentType);
  if (delimiter === undefined) return [];
  const parts: DevicePart[] = [];
  let at = nextDelimiter(body, delimiter, 0);
  while (at !== -1 && parts.length < MAX_PARTS) {
    const from = at + delimiter.length;
    at = nextDelimiter(body, delimiter, from);
    if (body.toString('latin1', from, from + 2) === '--') break;
    const until = at === -1 ? body.length : at;
    const part = partIn(body.subarray(from, until));
    if (part) parts.push(part);
  }
  return parts;
}

/** The announced delimiter if the body has it; else the first line, if it looks like one, or is the boundary itself. */
function delimiterIn(body: Buffer, contentType: string): Buffer | undefined {
  const [, quoted, plain] =
    /boundary\s*=\s*(?:["']([^"']{1,200})["']|([^;"'\s]{1,200}))/i.exec(contentType) ?? [];
  const boundary = (quoted ?? plain)?.trim();
  const first = /^\s*(--[^\r\n]{1,200}?)[ \t]*\r?\n/.exec(
    body.toString('latin1', 0, MAX_LINE_BYTES),
  );
  const bare =
    boundary && body.toString('latin1', 0, MAX_LINE_BYTES).trimStart().startsWith(boundary);
  return [boundary && `--${boundary}`, first?.[1], bare ? boundary : undefined]
    .filter((text) => text !== undefined && text !== '')
    .map((text) => Buffer.from(String(text), 'latin1'))
    .find((delimiter) => nextDelimiter(body, delimiter, 0) !== -1);
}

/** What may stand behind a delimiter: a line end, space or hyphens. */
const BEHIND = [undefined, 0x0a, 0x0d, 0x20, 0x09, 0x2d];

/**
 * A delimiter begins a line. Only the beginnings of lines are compared with it: a search for it could compare each byte of
 * a body of hyphens with the whole of it.
 */
function nextDelimiter(body: Buffer, delimiter: Buffer, from: number): number {
  let at = from === 0 || body[from - 1] === 0x0a ? from : nextLine(body, from);
  for (; at !== -1; at = nextLine(body, at))
    if (startsWith(body, delimiter, at) && BEHIND.includes(body[at + delimiter.length])) return at;
  return -1;
}

function nextLine(body: Buffer, from: number): number {
  const end = body.indexOf(0x0a, from);
  return end === -1 ? -1 : end + 1;
}

function startsWith(body: Buffer, delimiter: Buffer, at: number): boolean {
  for (let i = 0; i < delimiter.length; i++) if (body[at + i] !== delimiter[i]) return false;
  return true;
}

/** What stands between two delimiters: the rest of a line, headers, a blank line, the content and a line end. */
function partIn(bytes: Buffer): DevicePart | undefined {
  const text = bytes.toString('latin1', 0, MAX_HEAD_BYTES);
  const blank = /\n\r?\n/.exec(text);
  if (!blank) return undefined;
  const from = blank.index + blank[0].length;
  const end = bytes.toString('latin1', Math.max(from, bytes.length - 2));
  const until = bytes.length - (/\r?\n$/.exec(end)?.[0].length ?? 0);
  const head = text.slice(0, blank.index);
  const content = bytes.subarray(from, until);
  const isBase64 = /^content-transfer-encoding[ \t]*:[ \t]*base64/im.test(head);
  return { head, content: isBase64 ? Buffer.from(content.toString('latin1'), 'base64') : content };
}
