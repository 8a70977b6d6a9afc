import { type Header, MAX_PARTS } from './header.js';

const SCREEN_LENGTH = 13;
const EXTENSION = 0x21;
const IMAGE = 0x2c;
/** Blocks of comments and metadata before the first frame; each has up to 255 bytes. */
const MAX_BLOCKS = 65_536;

/** GIF 89a: the size of the screen, or that of the first frame if it reaches further. */
export function readGifHeader(bytes: Buffer): Header<'gif'> | undefined {
  if (!/^GIF8[79]a$/.test(bytes.toString('latin1', 0, 6))) return undefined;
  const flags = bytes.readUInt8(10);
  let at = SCREEN_LENGTH + ((flags & 0x80) !== 0 ? 3 * (2 << (flags & 7)) : 0);
  let blocks = 0;
  for (let part = 0; part < MAX_PARTS && bytes.readUInt8(at) === EXTENSION; part++) {
    at += 2;
    for (let length = bytes.readUInt8(at); length !== 0; length = bytes.readUInt8(at)) {
      if (++blocks > MAX_BLOCKS) return undefined;
      at += 1 + length;
    }
    at++;
  }
  if (bytes.readUInt8(at) !== IMAGE) return undefined;
  const [left, top, width, height] = [1, 3, 5, 7].map((offset) => bytes.readUInt16LE(at + offset));
  if (!width || !height) return undefined;
  return {
    kind: 'gif',
    width: Math.max(bytes.readUInt16LE(6), (left ?? 0) + width),
    height: Math.max(bytes.readUInt16LE(8), (top ?? 0) + height),
    orientation: 1,
    animated: false,
  };
}
