import { JpegScanner } from '../../../core/images/jpeg-scanner.js';
import { snapshotTooLarge } from '../camera.js';

/** After a whole picture, the body has this long to end; then the picture is taken. */
const SILENCE_MS = 300;

/**
 * A picture in a body, given up as soon as it passes `maxBytes`, whatever was announced. A whole JPEG is taken although
 * the body has not ended: many cameras announce a wrong length, never end the body, or reset the connection.
 */
export async function readPicture(
  body: AsyncIterable<Buffer>,
  maxBytes: number,
  silenceMs = SILENCE_MS,
): Promise<Buffer> {
  const scanner = new JpegScanner();
  const chunks: Buffer[] = [];
  let bytes = 0;
  let deadline: number | undefined;
  const iterator = body[Symbol.asyncIterator]();
  for (;;) {
    if (scanner.end !== undefined) deadline ??= performance.now() + silenceMs;
    const chunk = await (deadline === undefined ? next(iterator) : nextBefore(iterator, deadline));
    if (!chunk) return Buffer.concat(chunks, bytes);
    bytes += chunk.length;
    if (bytes > maxBytes) {
      if (scanner.end !== undefined) return Buffer.concat(chunks);
      throw snapshotTooLarge(maxBytes);
    }
    chunks.push(chunk);
    scanner.push(chunk);
  }
}

/** The next chunk, or undefined at the end. */
export async function next(iterator: AsyncIterator<Buffer>): Promise<Buffer | undefined> {
  const result = await iterator.next();
  return result.done ? undefined : result.value;
}

/** The next chunk, or undefined at the end, at a failure, or if there is none before the deadline (`performance.now`). */
export async function nextBefore(
  iterator: AsyncIterator<Buffer>,
  deadline: number,
): Promise<Buffer | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, deadline - performance.now()), undefined);
  });
  try {
    return await Promise.race([next(iterator), late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
