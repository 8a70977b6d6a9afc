import { exifOrientation } from './exif-orientation.js';
import { type Header, MAX_PARTS } from './header.js';

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** PNG, third edition, section 11. */
export function readPngHeader(bytes: Buffer): Header<'png'> | undefined {
  if (!bytes.subarray(0, 8).equals(PNG_SIGNATURE)) return undefined;
  if (bytes.toString('latin1', 12, 16) !== 'IHDR') return undefined;
  return {
    kind: 'png',
    width: bytes.readUInt32BE(16),
    height: bytes.readUInt32BE(20),
    orientation: pngOrientation(bytes),
    animated: false,
  };
}

function pngOrientation(bytes: Buffer): number {
  let at = 8;
  for (let part = 0; part < MAX_PARTS && at + 12 <= bytes.length; part++) {
    const length = bytes.readUInt32BE(at);
    if (bytes.toString('latin1', at + 4, at + 8) === 'eXIf')
      return exifOrientation(bytes.subarray(at + 8, at + 8 + length)) ?? 1;
    at += 12 + length;
  }
  return 1;
}
