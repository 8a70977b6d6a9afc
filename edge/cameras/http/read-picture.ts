import { JpegScanner } from '../../../core/images/jpeg-scanner.js';
import { CameraError, snapshotTooLarge } from '../camera.js';

/** After a whole picture the camera has this long to go on; then the picture is taken. */
const SILENCE_MS = 300;

/**
 * A picture in a body, given up as soon as it passes `maxBytes`, whatever was announced. A whole JPEG that is followed by
 * silence is taken although the body has not ended: many cameras announce a wrong length or never end the body.
 */
export async function readPicture(
  body: AsyncIterable<Buffer>,
  maxBytes: number,
  silenceMs = SILENCE_MS,
): Promise<Buffer> {
  const scanner = new JpegScanner();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const iterator = body[Symbol.asyncIterator]();
  for (;;) {
    const isWhole = scanner.end !== undefined;
    const next = await (isWhole ? orSilence(iterator.next(), silenceMs) : iterator.next());
    if (next === 'silence' || next.done) return Buffer.concat(chunks, bytes);
    bytes += next.value.length;
    if (bytes > maxBytes) throw snapshotTooLarge(maxBytes);
    chunks.push(next.value);
    scanner.push(next.value);
  }
}

/**
 * The first whole JPEG in a stream of them, by its markers: delimiters, lengths and headers between pictures are passed
 * over, and a picture that the stream was joined in the middle of is, too. Holds no more than `maxBytes` of one picture.
 */
export async function firstJpeg(body: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const limit = 2 * maxBytes;
  const scanner = new JpegScanner(limit);
  let chunks: Buffer[] = [];
  let dropped = 0;
  let bytes = 0;
  for await (const chunk of body) {
    scanner.push(chunk);
    chunks.push(chunk);
    bytes += chunk.length;
    const { start = bytes, end } = scanner;
    while (chunks[0] && dropped + chunks[0].length <= start - 2) {
      dropped += chunks[0].length;
      chunks = chunks.slice(1);
    }
    if ((end ?? bytes) - start > maxBytes) throw snapshotTooLarge(maxBytes);
    if (end !== undefined) return Buffer.concat(chunks).subarray(start - dropped, end - dropped);
    if (bytes > limit + maxBytes) break;
  }
  throw new CameraError('unreadable', 'the camera sent no whole picture');
}

async function orSilence<T>(next: Promise<T>, ms: number): Promise<T | 'silence'> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<'silence'>((resolve) => {
    timer = setTimeout(() => resolve('silence'), ms);
  });
  try {
    return await Promise.race([next, silence]);
  } finally {
    clearTimeout(timer);
  }
}
