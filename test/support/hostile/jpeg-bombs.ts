import { repeated, u16 } from './bytes.js';

const SOI = Buffer.from('ffd8', 'hex');
const EOI = Buffer.from('ffd9', 'hex');

/** Frame headers (ITU-T T.81, table B.1). */
const FRAMES = { sequential: 0xc1, progressive: 0xc2, arithmetic: 0xc9, both: 0xca } as const;

/**
 * A picture with many scans. All of its coefficients are 0, so that a scan takes few bytes; a decoder looks at all of
 * them to see that there is nothing to refine.
 */
export interface ScanBomb {
  width: number;
  height: number;
  scans: number;
  /** 1 or 3, none of them smaller than the picture. */
  components?: 1 | 3;
  coding?: 'huffman' | 'arithmetic';
  /** Leaves out the scan that needs a bit for each block: the rest takes a few bytes a scan, and is damaged. */
  withoutFirst?: boolean;
}

/** A segment with its marker and length. */
export const segment = (marker: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from([0xff, marker]), u16(content.length + 2), content]);

const quantisation = segment(0xdb, Buffer.concat([Buffer.from([0]), Buffer.alloc(64, 1)]));

/** A table whose only code is the bit 0. Class 0 is of the first coefficients, 1 of the others. */
function codes(tableClass: 0 | 1, symbol: number): Buffer {
  const lengths = Buffer.alloc(16);
  lengths[0] = 1;
  return segment(
    0xc4,
    Buffer.concat([Buffer.from([tableClass << 4]), lengths, Buffer.from([symbol])]),
  );
}

export function frame(
  marker: number,
  {
    width,
    height,
    components = 1,
    factor = 1,
  }: Pick<ScanBomb, 'width' | 'height' | 'components'> & { factor?: number },
): Buffer {
  const parts = Array.from({ length: components }, (_, i) => [i + 1, factor * 0x11, 0]);
  return segment(
    marker,
    Buffer.concat([
      Buffer.from([8]),
      u16(height),
      u16(width),
      Buffer.from([components, ...parts.flat()]),
    ]),
  );
}

const scanHeader = (ids: number[], from: number, to: number, bits: number) =>
  segment(0xda, Buffer.from([ids.length, ...ids.flatMap((id) => [id, 0]), from, to, bits]));

const blocksOf = ({ width, height }: Pick<ScanBomb, 'width' | 'height'>) =>
  Math.ceil(width / 8) * Math.ceil(height / 8);

/** Bits of a scan, with a zero after each 255 (T.81, F.1.2.3). */
function stuffed(bits: string): Buffer {
  const bytes = (bits.padEnd(Math.ceil(bits.length / 8) * 8, '1').match(/.{8}/g) ?? []).map(
    (eight) => Number.parseInt(eight, 2),
  );
  return Buffer.from(bytes.flatMap((byte) => (byte === 0xff ? [byte, 0] : [byte])));
}

const MAX_RUN = 32_767;

/** The whole of a scan that is empty: runs of blocks without coefficients, of 32,767 at most (T.81, G.1.2.2). */
function emptyScan(blocks: number): Buffer {
  const runs = Math.ceil(blocks / MAX_RUN);
  return stuffed('011111111111111'.repeat(runs));
}

/** A progressive JPEG with many scans over all of its pixels. */
export function scanBomb(bomb: ScanBomb): Buffer {
  const { scans, components = 1, coding = 'huffman', withoutFirst = false } = bomb;
  const blocks = blocksOf(bomb);
  const ids = Array.from({ length: components }, (_, i) => i + 1);
  const isHuffman = coding === 'huffman';
  // A bit for each block. An arithmetic decoder takes zeros from where there is nothing.
  const first = Buffer.concat([
    scanHeader(ids, 0, 0, 0),
    isHuffman ? Buffer.alloc(Math.ceil((blocks * components) / 8)) : Buffer.alloc(0),
  ]);
  const data = isHuffman ? emptyScan(blocks) : Buffer.alloc(0);
  const others = Array.from({ length: withoutFirst ? scans : scans - 1 }, (_, i) => {
    // Each one refines the one before, as the standard has it, until there is nothing left to refine.
    const level = Math.max(0, 13 - Math.floor(i / components));
    const bits = level === 13 ? level : ((level + 1) << 4) | level;
    return Buffer.concat([scanHeader([1 + (i % components)], 1, 63, bits), data]);
  });
  return Buffer.concat([
    SOI,
    quantisation,
    frame(isHuffman ? FRAMES.progressive : FRAMES.both, bomb),
    ...(isHuffman ? [codes(0, 0), codes(1, 0xe0)] : []),
    ...(withoutFirst ? [] : [first]),
    ...others,
    EOI,
  ]);
}

/** A sequential JPEG that has each component again and again, which no encoder writes. */
export function repeatedScans({ width, height, scans }: ScanBomb): Buffer {
  const data = Buffer.alloc(Math.ceil((blocksOf({ width, height }) * 2) / 8));
  const all = Array.from({ length: scans }, (_, i) =>
    Buffer.concat([scanHeader([1 + (i % 3)], 0, 63, 0), data]),
  );
  const head = frame(FRAMES.sequential, { width, height, components: 3 });
  return Buffer.concat([SOI, quantisation, head, codes(0, 0), codes(1, 0), ...all, EOI]);
}

/** A flat grey picture of one scan, in which each block is two bits. */
export function flatJpeg(
  width: number,
  height: number,
  coding: 'huffman' | 'arithmetic' = 'huffman',
): Buffer {
  const isHuffman = coding === 'huffman';
  return Buffer.concat([
    SOI,
    quantisation,
    frame(isHuffman ? FRAMES.sequential : FRAMES.arithmetic, { width, height }),
    ...(isHuffman ? [codes(0, 0), codes(1, 0)] : []),
    scanHeader([1], 0, 63, 0),
    isHuffman ? Buffer.alloc(Math.ceil((blocksOf({ width, height }) * 2) / 8)) : Buffer.alloc(0),
    EOI,
  ]);
}

/** The same with a restart marker after each block. They come in order, or all are the same one. */
export function restartBomb(width: number, height: number, inOrder: boolean): Buffer {
  const interval = segment(0xdd, u16(1));
  const eight = Array.from({ length: 8 }, (_, i) => [0x3f, 0xff, 0xd0 + (inOrder ? i : 3)]).flat();
  const data = repeated(Buffer.from(eight), Math.ceil(blocksOf({ width, height }) / 8));
  return Buffer.concat([
    SOI,
    quantisation,
    frame(FRAMES.sequential, { width, height }),
    ...[codes(0, 0), codes(1, 0), interval, scanHeader([1], 0, 63, 0), data, EOI],
  ]);
}

/** A JPEG with the same segment many times before its first one. */
export const withSegments = (jpeg: Buffer, one: Buffer, times: number): Buffer =>
  Buffer.concat([jpeg.subarray(0, 2), repeated(one, times), jpeg.subarray(2)]);

/** Segments that may come as often as one likes. */
export const segments: Record<string, Buffer> = {
  'quantisation tables': quantisation,
  'code tables': codes(1, 0),
  'empty application segments': segment(0xe5, Buffer.alloc(0)),
  comments: segment(0xfe, Buffer.from('x')),
  'restart intervals': segment(0xdd, u16(0)),
  'parts of a colour profile': segment(
    0xe2,
    Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\xff', 'latin1'), Buffer.alloc(1_000)]),
  ),
  'fill bytes': Buffer.alloc(2, 0xff),
};

/** An EXIF block whose directory has as many entries as it can have, and another directory that is itself. */
export function exifBomb(jpeg: Buffer): Buffer {
  const entry = Buffer.from('01000003ffffffff00000008', 'hex');
  const directory = Buffer.concat([
    u16(5_400),
    repeated(entry, 5_400),
    Buffer.from('00000008', 'hex'),
  ]);
  const tiff = Buffer.concat([Buffer.from('4d4d002a00000008', 'hex'), directory]);
  const exif = segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]));
  return withSegments(jpeg, exif, 20);
}
