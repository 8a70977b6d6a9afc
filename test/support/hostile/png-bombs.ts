import { deflateSync } from 'node:zlib';
import { pngChunk } from '../../fakes/damaged-pictures.js';
import { repeated, u32 } from './bytes.js';

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

export interface PngBomb {
  width: number;
  height: number;
  /** Of a channel: 1 to 16. */
  bits?: number;
  /** 0 grey, 2 colour, 3 palette, 4 and 6 with transparency. */
  type?: 0 | 2 | 3 | 4 | 6;
  interlaced?: boolean;
  /** Bytes of compressed data in a chunk. */
  chunkBytes?: number;
  /** Chunks before the pixels. */
  before?: Buffer[];
}

/** A black picture, which compresses to a thousandth. */
export function pngBomb(bomb: PngBomb): Buffer {
  const { width, height, bits = 8, type = 2, interlaced = false, before = [] } = bomb;
  const head = Buffer.concat([
    u32(width),
    u32(height),
    Buffer.from([bits, type, 0, 0, interlaced ? 1 : 0]),
  ]);
  const rowBits = width * bits * (CHANNELS[type] ?? 1);
  // With interlacing there are up to seven shorter rows for eight, each with a byte of its own.
  const bytes =
    Math.ceil(rowBits / 8) * height + height * (interlaced ? 3 : 1) + (interlaced ? height * 7 : 0);
  const data = deflateSync(Buffer.alloc(bytes), { level: 9 });
  const { chunkBytes = data.length } = bomb;
  const chunks = Array.from({ length: Math.ceil(data.length / chunkBytes) }, (_, i) =>
    pngChunk('IDAT', data.subarray(i * chunkBytes, (i + 1) * chunkBytes)),
  );
  return Buffer.concat([
    SIGNATURE,
    pngChunk('IHDR', head),
    ...(type === 3 ? [pngChunk('PLTE', Buffer.alloc(3))] : []),
    ...before,
    ...chunks,
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

const small = (before: Buffer[]) => pngBomb({ width: 64, height: 64, before });

/** 100 MB of zeros, compressed. */
const compressed = () => deflateSync(Buffer.alloc(100_000_000), { level: 9 });

/** What of a small PNG costs more than its pixels. */
export const pngOddities: Record<string, () => Buffer> = {
  'a colour profile of 100 MB': () =>
    small([pngChunk('iCCP', Buffer.concat([Buffer.from('x\0\0', 'latin1'), compressed()]))]),
  'a compressed text of 100 MB': () =>
    small([pngChunk('zTXt', Buffer.concat([Buffer.from('x\0\0', 'latin1'), compressed()]))]),
  '100,000 empty chunks': () => small([repeated(pngChunk('prVt', Buffer.alloc(0)), 100_000)]),
  '100,000 texts': () =>
    small([repeated(pngChunk('tEXt', Buffer.from('a\0b', 'latin1')), 100_000)]),
  'a palette for each of 10,000 suggestions': () =>
    small([repeated(pngChunk('sPLT', Buffer.from('a\0\x08\0\0\0\0\0\0', 'latin1')), 10_000)]),
  'a chunk that claims 2 GB': () =>
    Buffer.concat([small([]).subarray(0, 33), u32(0x7fffffff), Buffer.from('IDATxxxx', 'latin1')]),
  'empty chunks of pixels': () => {
    const png = small([]);
    return Buffer.concat([
      png.subarray(0, 33),
      repeated(pngChunk('IDAT', Buffer.alloc(0)), 50_000),
      png.subarray(33),
    ]);
  },
};
