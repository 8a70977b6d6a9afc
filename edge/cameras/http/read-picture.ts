import { JpegScanner } from '../../../core/images/jpeg-scanner.js';
import { CameraError, snapshotTooLarge } from '../camera.js';

/** A body may go on for so long after a whole picture; then the picture is taken. */
const LINGER_MS = 300;

/**
 * A picture in a body, given up as soon as it passes `maxBytes`, whatever was announced. A whole JPEG is taken although the
 * body has not ended soon after it: many cameras announce a wrong length, never end the body, or send more and more.
 */
export async function readPicture(
  body: AsyncIterable<Buffer>,
  maxBytes: number,
  lingerMs = LINGER_MS,
): Promise<Buffer> {
  const scanner = new JpegScanner();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const iterator = body[Symbol.asyncIterator]();
  let wholeAt: number | undefined;
  for (;;) {
    if (scanner.end !== undefined) wholeAt ??= performance.now();
    const leftMs = wholeAt === undefined ? undefined : wholeAt + lingerMs - performance.now();
    const next = await (leftMs === undefined ? iterator.next() : within(iterator.next(), leftMs));
    if (next === 'late' || next.done) return Buffer.concat(chunks, bytes);
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
  const chunks: Buffer[] = [];
  /** Chunks, and their bytes, that lie before the picture. */
  let passed = 0;
  let dropped = 0;
  let bytes = 0;
  for await (const chunk of body) {
    scanner.push(chunk);
    chunks.push(chunk);
    bytes += chunk.length;
    const { start = bytes, end } = scanner;
    for (let next = chunks[passed]; next && dropped + next.length <= start - 2; ) {
      dropped += next.length;
      chunks[passed++] = EMPTY;
      next = chunks[passed];
    }
    if ((end ?? bytes) - start > maxBytes) throw snapshotTooLarge(maxBytes);
    if (end !== undefined) return Buffer.concat(chunks).subarray(start - dropped, end - dropped);
    if (bytes > limit + maxBytes) break;
  }
  throw new CameraError('unreadable', 'the camera sent no whole picture');
}

const EMPTY = Buffer.alloc(0);

async function within<T>(next: Promise<T>, ms: number): Promise<T | 'late'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), Math.max(0, ms));
  });
  try {
    return await Promise.race([next, late]);
  } finally {
    clearTimeout(timer);
  }
}
