import { JpegScanner, MAX_LEADING_BYTES } from './jpeg-scanner.js';
import { mediaTypeOf } from './media-type.js';

/** Bytes behind a picture that stay with it: decoders pass over them, and cameras put counters and checksums there. */
export const MAX_TRAILING_BYTES = 1_024;

/**
 * What is looked at before a picture stays as it is: some 10 milliseconds. Photos of 20 MB have 200,000 such places.
 */
const MAX_STEPS = 250_000;
const PIECE_BYTES = 65_536;

const JPEG_START = Buffer.from('ffd8ff', 'hex');

/**
 * A picture without what is not part of it. The first `FF D8 FF` within 1 KiB begins a JPEG; what stands before it
 * goes, as line ends, a byte order mark, headers or a second SOI. More than 1 KiB behind its end goes too. A JPEG that
 * another one cuts off keeps both: only a decoder can judge it. Bytes of another kind are returned as they are.
 */
export function trimPicture(bytes: Buffer): Buffer {
  const kind = mediaTypeOf(bytes);
  if (kind !== undefined && kind !== 'image/jpeg') return bytes;
  const first = bytes.subarray(0, MAX_LEADING_BYTES + JPEG_START.length).indexOf(JPEG_START);
  if (first === -1) return bytes;
  const scanner = new JpegScanner();
  for (let at = 0; at < bytes.length && scanner.steps < MAX_STEPS; at += PIECE_BYTES)
    scanner.push(bytes.subarray(at, at + PIECE_BYTES));
  const { start = first, end = bytes.length, restarts } = scanner;
  const hasTail = bytes.length - end > MAX_TRAILING_BYTES;
  return bytes.subarray(restarts === 0 ? start : first, hasTail ? end : bytes.length);
}

/** Whether bytes are those of a picture of an accepted kind, perhaps with others before it. */
export const isPicture = (bytes: Buffer): boolean => mediaTypeOf(trimPicture(bytes)) !== undefined;
