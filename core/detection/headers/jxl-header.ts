import { type Header, MAX_PARTS } from './header.js';

const CONTAINER = Buffer.from('0000000c4a584c200d0a870a', 'hex');
const CODESTREAM = Buffer.from('ff0a', 'hex');

/** Width as a part of the height, by the number in the header. */
const RATIOS = [
  [1, 1],
  [12, 10],
  [4, 3],
  [3, 2],
  [16, 9],
  [5, 4],
  [2, 1],
] as const;

/** JPEG XL (ISO/IEC 18181), bare or in its container. The decoder turns it; until then the size may be the turned one. */
export function readJxlHeader(bytes: Buffer): Header<'jxl'> | undefined {
  const stream = bytes.subarray(0, 12).equals(CONTAINER) ? streamIn(bytes) : bytes;
  if (!stream?.subarray(0, 2).equals(CODESTREAM)) return undefined;
  const bits = new Bits(stream.subarray(2, 34));
  const isSmall = bits.take(1) === 1;
  const side = () =>
    isSmall ? 8 * (1 + bits.take(5)) : 1 + bits.take([9, 13, 18, 30][bits.take(2)] ?? 0);
  const height = side();
  const ratio = RATIOS[bits.take(3) - 1];
  const width = ratio ? Math.floor((height * ratio[0]) / ratio[1]) : side();
  return { kind: 'jxl', width, height, orientation: 1, animated: false };
}

/** The codestream, or the first part of it. */
function streamIn(bytes: Buffer): Buffer | undefined {
  let at = CONTAINER.length;
  for (let part = 0; part < MAX_PARTS && at + 8 <= bytes.length; part++) {
    const type = bytes.toString('latin1', at + 4, at + 8);
    const short = bytes.readUInt32BE(at);
    const head = short === 1 ? 16 : 8;
    if (type === 'jxlc') return bytes.subarray(at + head);
    if (type === 'jxlp') return bytes.subarray(at + head + 4);
    const length = short === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : short;
    if (length < head) return undefined;
    at += length;
  }
  return undefined;
}

/** Numbers of some bits, lowest first. */
class Bits {
  #at = 0;

  constructor(private readonly bytes: Buffer) {}

  take(count: number): number {
    let value = 0;
    for (let bit = 0; bit < count; bit++, this.#at++) {
      const isSet = (this.bytes.readUInt8(this.#at >> 3) >> (this.#at & 7)) & 1;
      value += isSet * 2 ** bit;
    }
    return value;
  }
}
