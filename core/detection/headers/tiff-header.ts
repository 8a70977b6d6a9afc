import { type Header, MAX_PARTS } from './header.js';

const WIDTH = 256;
const HEIGHT = 257;
const ORIENTATION = 274;
/** The types of unsigned whole numbers, by their lengths in bytes. */
const LENGTHS: Record<number, number> = { 1: 1, 3: 2, 4: 4 };

/** TIFF, revision 6.0: the first page. */
export function readTiffHeader(bytes: Buffer): Header<'tiff'> | undefined {
  const order = bytes.toString('latin1', 0, 4);
  if (order !== 'II*\0' && order !== 'MM\0*') return undefined;
  const number = (at: number, length: number) =>
    order === 'II*\0' ? bytes.readUIntLE(at, length) : bytes.readUIntBE(at, length);
  const directory = number(4, 4);
  const tags = new Map<number, number>();
  for (let i = Math.min(MAX_PARTS, number(directory, 2)) - 1; i >= 0; i--) {
    const entry = directory + 2 + i * 12;
    const length = LENGTHS[number(entry + 2, 2)];
    if (length !== undefined) tags.set(number(entry, 2), number(entry + 8, length));
  }
  const [width, height] = [tags.get(WIDTH), tags.get(HEIGHT)];
  if (width === undefined || height === undefined) return undefined;
  const orientation = tags.get(ORIENTATION) ?? 1;
  return {
    kind: 'tiff',
    width,
    height,
    orientation: orientation >= 1 && orientation <= 8 ? orientation : 1,
    animated: false,
  };
}
