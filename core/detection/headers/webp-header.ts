import { exifOrientation } from './exif-orientation.js';
import { type Header, MAX_PARTS } from './header.js';

/** A flag of the chunk VP8X. */
const ANIMATION = 0x02;

/** RFC 9649. */
export function readWebpHeader(bytes: Buffer): Header<'webp'> | undefined {
  if (bytes.toString('latin1', 0, 4) !== 'RIFF') return undefined;
  if (bytes.toString('latin1', 8, 12) !== 'WEBP') return undefined;
  const size = webpSize(bytes);
  if (!size) return undefined;
  const isExtended = bytes.toString('latin1', 12, 16) === 'VP8X';
  return {
    kind: 'webp',
    ...size,
    orientation: webpOrientation(bytes),
    animated: isExtended && (bytes.readUInt8(20) & ANIMATION) !== 0,
  };
}

function webpSize(bytes: Buffer) {
  switch (bytes.toString('latin1', 12, 16)) {
    case 'VP8 ':
      return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
    case 'VP8L': {
      const bits = bytes.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8X':
      return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
    default:
      return undefined;
  }
}

function webpOrientation(bytes: Buffer): number {
  let at = 12;
  for (let part = 0; part < MAX_PARTS && at + 8 <= bytes.length; part++) {
    const length = bytes.readUInt32LE(at + 4);
    if (bytes.toString('latin1', at, at + 4) === 'EXIF')
      return exifOrientation(bytes.subarray(at + 8, at + 8 + length)) ?? 1;
    at += 8 + length + (length % 2);
  }
  return 1;
}
