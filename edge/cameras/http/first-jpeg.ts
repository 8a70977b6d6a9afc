import { JpegScanner } from '../../../core/images/jpeg-scanner.js';
import { MAX_TRAILING_BYTES } from '../../../core/images/trim-picture.js';
import { CameraError, snapshotTooLarge } from '../camera.js';
import { ByteWindow } from './byte-window.js';
import { next, nextBefore } from './read-picture.js';

/** After a picture, the stream has this long to send the delimiter; then the picture is taken as it is. */
const DELIMITER_MS = 100;
/** A camera that sends so many pictures in a row without an end marker leaves it out always. */
const MAX_CUT_OFF = 3;
/** How far into a stream a picture may begin: most streams are joined at a picture, some in the middle of one. */
const MAX_SKIPPED_BYTES = 2_097_152;

/**
 * The first whole JPEG in a stream, by its markers: delimiters, lengths and headers between pictures decide nothing. A
 * picture that is cut off by the next one is passed over, unless the camera never sends an end marker. Bytes that follow a
 * picture up to the delimiter belong to it. Holds little more than `maxBytes`.
 */
export async function firstJpeg(
  body: AsyncIterable<Buffer>,
  maxBytes: number,
  boundary?: string,
): Promise<Buffer> {
  const scanner = new JpegScanner(MAX_SKIPPED_BYTES);
  const held = new ByteWindow();
  const iterator = body[Symbol.asyncIterator]();
  for (let chunk = await next(iterator); chunk; chunk = await next(iterator)) {
    const before = { start: scanner.start, restarts: scanner.restarts };
    held.push(chunk);
    scanner.push(chunk);
    const { start = held.until, end, restarts } = scanner;
    if (end !== undefined) {
      const picture = held.slice(start, end);
      const behind = held.slice(end, held.until);
      const trailer = await trailerOf(iterator, behind, delimiterOf(boundary));
      return Buffer.concat([picture, trailer]);
    }
    if (before.start !== undefined && before.restarts < MAX_CUT_OFF && restarts >= MAX_CUT_OFF)
      return beforeDelimiter(held.slice(before.start, start), delimiterOf(boundary));
    held.dropBefore(start - 2);
    if (held.until - start > maxBytes) throw snapshotTooLarge(maxBytes);
    if (scanner.isHopeless || held.until > MAX_SKIPPED_BYTES + maxBytes) break;
  }
  throw new CameraError('unreadable', 'the camera sent no whole picture in its stream');
}

/** Finds where a delimiter begins; -1 if there is none. */
type FindDelimiter = (text: string) => number;

/** A delimiter as cameras send it: with the announced boundary, or with another one. */
const delimiterOf =
  (boundary = ''): FindDelimiter =>
  (text) => {
    const line = withLineEnd(text, text.indexOf('\n--'));
    let at = boundary === '' ? -1 : text.indexOf(boundary);
    while (at > 0 && text[at - 1] === '-') at--;
    if (at > 0 && text[at - 1] === '\n') at = withLineEnd(text, at - 1);
    return line === -1 || (at !== -1 && at < line) ? at : line;
  };

/** The place of a line end, of which a CR before it is a part. */
const withLineEnd = (text: string, at: number): number => (text[at - 1] === '\r' ? at - 1 : at);

/** What a camera adds to its pictures, as a counter or a checksum. Nothing if no delimiter follows. */
async function trailerOf(
  iterator: AsyncIterator<Buffer>,
  first: Buffer,
  delimiter: FindDelimiter,
): Promise<Buffer> {
  const deadline = performance.now() + DELIMITER_MS;
  let behind = first;
  for (;;) {
    const [text = ''] = behind.toString('latin1', 0, MAX_TRAILING_BYTES).split('\xff\xd8\xff', 1);
    const at = delimiter(text);
    if (at !== -1) return behind.subarray(0, at);
    const isOver = text.length < behind.length || text.length === MAX_TRAILING_BYTES;
    const chunk = isOver ? undefined : await nextBefore(iterator, deadline);
    if (!chunk) return Buffer.alloc(0);
    behind = Buffer.concat([behind, chunk]);
  }
}

/** A picture without an end marker, up to the last delimiter before the next picture. */
function beforeDelimiter(bytes: Buffer, delimiter: FindDelimiter): Buffer {
  const from = Math.max(0, bytes.length - MAX_TRAILING_BYTES);
  const at = delimiter(bytes.toString('latin1', from));
  return at === -1 ? bytes : bytes.subarray(0, from + at);
}
