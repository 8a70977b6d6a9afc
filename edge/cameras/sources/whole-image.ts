import { JpegScanner } from '../../../core/images/jpeg-scanner.js';

const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
/** Length, type and checksum of a chunk. */
const PNG_CHUNK_BYTES = 12;

/** Whether an image ends where its own structure says: a JPEG's markers, a PNG's chunks, a WebP's length. */
export function isWholeImage(bytes: Buffer): boolean {
  if (bytes.subarray(0, 8).equals(PNG_SIGNATURE)) return isWholePng(bytes);
  if (bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP')
    return bytes.readUInt32LE(4) + 8 <= bytes.length;
  const scanner = new JpegScanner();
  scanner.push(bytes);
  return scanner.end !== undefined;
}

function isWholePng(bytes: Buffer): boolean {
  for (let at = 8; at + PNG_CHUNK_BYTES <= bytes.length; ) {
    const next = at + PNG_CHUNK_BYTES + bytes.readUInt32BE(at);
    if (bytes.toString('latin1', at + 4, at + 8) === 'IEND') return next <= bytes.length;
    at = next;
  }
  return false;
}
