/** The table of CRC-32 (ISO 3309, the polynomial of zlib and PNG), for a byte at a time. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

const afterZero = (crc: number): number => (TABLE[crc & 0xff] ?? 0) ^ (crc >>> 8);

/** Of a byte that one, two and three further bytes follow, for four bytes at a time ("slicing-by-4"). */
const TABLE_1 = TABLE.map(afterZero);
const TABLE_2 = TABLE_1.map(afterZero);
const TABLE_3 = TABLE_2.map(afterZero);

const encoder = new TextEncoder();
/** Most messages fit in here, and need no memory of their own. A character takes three bytes at most. */
const scratch = new Uint8Array(8_192);

/** The CRC-32 of a text in UTF-8, as eight lower-case hexadecimal digits. */
export function crc32(text: string): string {
  const fits = text.length * 3 <= scratch.length;
  const bytes = fits ? scratch : encoder.encode(text);
  const length = fits ? encoder.encodeInto(text, scratch).written : bytes.length;
  const crc = crcOf(bytes, length);
  return (crc >>> 0).toString(16).padStart(8, '0');
}

function crcOf(bytes: Uint8Array, length: number): number {
  const at = (i: number) => bytes[i] ?? 0;
  let crc = -1;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    crc ^= at(i) | (at(i + 1) << 8) | (at(i + 2) << 16) | (at(i + 3) << 24);
    crc =
      (TABLE_3[crc & 0xff] ?? 0) ^
      (TABLE_2[(crc >>> 8) & 0xff] ?? 0) ^
      (TABLE_1[(crc >>> 16) & 0xff] ?? 0) ^
      (TABLE[crc >>> 24] ?? 0);
  }
  for (; i < length; i++) crc = (TABLE[(crc ^ at(i)) & 0xff] ?? 0) ^ (crc >>> 8);
  return ~crc;
}
