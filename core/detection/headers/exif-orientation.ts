const EXIF_PREFIX = 'Exif\0\0';
const ORIENTATION_TAG = 0x0112;
/** Entries that are read of a directory: cameras write some tens, sorted, and the orientation is among the first. */
const MAX_ENTRIES = 512;
/** The types of whole numbers, unsigned and signed, by their lengths in bytes. */
const LENGTHS: Record<number, number> = { 1: 1, 3: 2, 4: 4, 6: 1, 8: 2, 9: 4 };

/**
 * The orientation in an EXIF block, which is a TIFF header and its first directory. The standard has it as SHORT; some
 * programs write LONG or BYTE. A damaged block has none.
 */
export function exifOrientation(block: Buffer): number | undefined {
  const tiff =
    block.toString('latin1', 0, 6) === EXIF_PREFIX ? block.subarray(EXIF_PREFIX.length) : block;
  const byteOrder = tiff.toString('latin1', 0, 2);
  if (byteOrder !== 'II' && byteOrder !== 'MM') return undefined;
  const u16 = (at: number) => (byteOrder === 'II' ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const u32 = (at: number) => (byteOrder === 'II' ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  try {
    const directory = u32(4);
    const entries = Math.min(MAX_ENTRIES, u16(directory));
    for (let i = 0; i < entries; i++) {
      const entry = directory + 2 + i * 12;
      const length = LENGTHS[u16(entry + 2)];
      if (u16(entry) !== ORIENTATION_TAG || length === undefined) continue;
      // A short value stands first in its four bytes.
      const value =
        byteOrder === 'II'
          ? tiff.readUIntLE(entry + 8, length)
          : tiff.readUIntBE(entry + 8, length);
      return value >= 1 && value <= 8 ? value : undefined;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return undefined;
}
