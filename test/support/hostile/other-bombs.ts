import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { picture } from '../../fakes/damaged-pictures.js';
import { repeated, u16, u32 } from './bytes.js';

const le16 = (value: number): Buffer => u16(value).reverse();
const le32 = (value: number): Buffer => u32(value).reverse();

/** Words of four pixels, and the end of the file. */
const GIF_DATA = Buffer.from('0203840a0b003b', 'hex');

/** A GIF whose screen has one size and whose only frame another one, with little data. */
export function gif(
  screen: [number, number],
  frame: [number, number],
  before: Buffer = Buffer.alloc(0),
): Buffer {
  return Buffer.concat([
    Buffer.from('GIF89a', 'latin1'),
    ...screen.map(le16),
    Buffer.from([0x80, 0, 0]),
    Buffer.from('000000ffffff', 'hex'),
    before,
    Buffer.from([0x2c, 0, 0, 0, 0]),
    ...frame.map(le16),
    Buffer.from([0]),
    GIF_DATA,
  ]);
}

/**
 * A black frame: each word of the compression is a pixel longer than the one before, until the dictionary is full; from
 * then on twelve bits are 4,091 pixels.
 */
export function gifBomb(width: number, height: number): Buffer {
  const [clear, first, last] = [4, 6, 4_095];
  const bytes: number[] = [];
  let [bits, count] = [0, 0];
  const put = (code: number, length: number) => {
    bits |= code << count;
    for (count += length; count >= 8; count -= 8, bits >>>= 8) bytes.push(bits & 0xff);
  };
  put(clear, 3);
  put(0, 3);
  for (let code = first, pixels = 1; pixels < width * height; code = Math.min(last, code + 1)) {
    put(code, code.toString(2).length);
    pixels += code - clear;
  }
  put(clear + 1, 12);
  put(0, 8);
  const data = Uint8Array.from(bytes);
  const blocks: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += 255) {
    const part = data.subarray(at, at + 255);
    blocks.push(Buffer.from([part.length]), part);
  }
  const head = gif([width, height], [width, height]).subarray(0, -GIF_DATA.length);
  return Buffer.concat([head, Buffer.from([2]), ...blocks, Buffer.from('003b', 'hex')]);
}

/** 100,000 extensions, each empty, before the frame. */
export const gifExtensions = (): Buffer =>
  gif([20, 20], [20, 20], repeated(Buffer.from('21fe00', 'hex'), 100_000));

/** A bitmap; `rle` has runs that go on beyond the end of their row, each of two bytes for 255 pixels. */
export function bmp(width: number, height: number, rle: boolean, dataBytes: number): Buffer {
  const header = Buffer.concat([
    ...[le32(40), le32(width), le32(height), le16(1), le16(rle ? 8 : 1), le32(rle ? 1 : 0)],
    ...[le32(0), le32(0), le32(0), le32(2), le32(0)],
    Buffer.from('00000000ffffff00', 'hex'),
  ]);
  const offset = 14 + header.length;
  const data = rle ? repeated(Buffer.from([255, 1]), dataBytes / 2) : Buffer.alloc(dataBytes);
  return Buffer.concat([
    Buffer.from('BM', 'latin1'),
    ...[le32(offset + data.length), le32(0), le32(offset), header, data],
  ]);
}

type Tag = [number: number, type: 3 | 4, value: number | Buffer, count?: number];

/** A TIFF of one directory. Values that are buffers come behind it. */
export function tiff(tags: Tag[], data: Buffer): { bytes: Buffer; dataAt: number } {
  const directoryEnd = 8 + 2 + tags.length * 12 + 4;
  let at = directoryEnd + data.length;
  const behind: Buffer[] = [];
  const entries = tags.map(([tag, type, value, count = 1]) => {
    const number = typeof value === 'number' ? value : at;
    if (typeof value !== 'number') {
      behind.push(value);
      at += value.length;
    }
    return Buffer.concat([le16(tag), le16(type), le32(count), le32(number)]);
  });
  const directory = Buffer.concat([le16(tags.length), ...entries, le32(8)]);
  const head = Buffer.from('49492a0008000000', 'hex');
  return { bytes: Buffer.concat([head, directory, data, ...behind]), dataAt: directoryEnd };
}

export interface TiffBomb {
  width: number;
  height: number;
  /** 8 is deflate, 7 JPEG. */
  compression: 7 | 8;
  samples?: number;
  bits?: number;
  /** The side of the only tile; without it there is a strip. */
  tile?: number;
  data: Buffer;
}

export function tiffBomb({
  width,
  height,
  compression,
  samples = 1,
  bits = 8,
  tile,
  data,
}: TiffBomb): Buffer {
  const tags = (dataAt: number): Tag[] => [
    [256, 4, width],
    [257, 4, height],
    [258, 3, bits],
    [259, 3, compression],
    [262, 3, 1],
    ...(tile === undefined ? ([[273, 4, dataAt]] as Tag[]) : []),
    [277, 3, samples],
    ...(tile === undefined
      ? ([
          [278, 4, height],
          [279, 4, data.length],
        ] as Tag[])
      : ([
          [322, 4, tile],
          [323, 4, tile],
          [324, 4, dataAt],
          [325, 4, data.length],
        ] as Tag[])),
  ];
  return tiff(tags(tiff(tags(0), data).dataAt), data).bytes;
}

/** Zeros, compressed. */
export const zeros = (bytes: number): Buffer => deflateSync(Buffer.alloc(bytes), { level: 9 });

/** A WebP of one colour, which takes a few hundred bytes. */
export const webpBomb = (width: number, height: number, lossless: boolean): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: '#667788' } })
    .webp({ lossless, effort: 0 })
    .toBuffer();

/** A small WebP whose header claims another size. */
export function webpThatClaims(width: number, height: number): Buffer {
  const webp = Buffer.from(picture('lossy.webp'));
  webp.writeUInt16LE(width & 0x3fff, 26);
  webp.writeUInt16LE(height & 0x3fff, 28);
  return webp;
}
