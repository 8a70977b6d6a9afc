import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { projectRoot } from '../../core/runtime/project-root.js';

const FOLDER = join(projectRoot(), 'test', 'fakes', 'pictures');
export const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);

/** Small pictures of one kind, by their names; see `pictures/README.md`. */
export function pictures(...extensions: string[]): [name: string, bytes: Buffer][] {
  return readdirSync(FOLDER)
    .filter((name) => extensions.some((extension) => name.endsWith(`.${extension}`)))
    .sort()
    .map((name) => [name, readFileSync(join(FOLDER, name))]);
}

export const picture = (name: string): Buffer => readFileSync(join(FOLDER, name));

const part = (bytes: Buffer, share: number) => bytes.subarray(0, Math.floor(bytes.length * share));

/** Whole JPEGs as cameras and programs write them, against the letter of the standard. Give a JPEG that ends with its end marker. */
export const wholeJpegs: Record<string, (jpeg: Buffer) => Buffer> = {
  'without an end marker': (jpeg) => jpeg.subarray(0, -2),
  'with half of an end marker': (jpeg) => jpeg.subarray(0, -1),
  'padded with zeros instead of an end marker': (jpeg) =>
    Buffer.concat([jpeg.subarray(0, -2), Buffer.alloc(700)]),
  'padded with zeros before the end marker': (jpeg) =>
    Buffer.concat([jpeg.subarray(0, -2), Buffer.alloc(700), END_OF_IMAGE]),
  'with 5,000 fill bytes before the end marker': (jpeg) =>
    Buffer.concat([jpeg.subarray(0, -2), Buffer.alloc(5_000, 0xff), END_OF_IMAGE]),
  'with 5,000 fill bytes before the first segment': (jpeg) =>
    Buffer.concat([jpeg.subarray(0, 2), Buffer.alloc(5_000, 0xff), jpeg.subarray(2)]),
  'with 5,000 fill bytes before the scan': (jpeg) => {
    const scan = scanOf(jpeg);
    return Buffer.concat([jpeg.subarray(0, scan), Buffer.alloc(5_000, 0xff), jpeg.subarray(scan)]);
  },
  'with other bytes between two segments': (jpeg) => {
    const second = 4 + jpeg.readUInt16BE(4);
    return Buffer.concat([jpeg.subarray(0, second), Buffer.from('left'), jpeg.subarray(second)]);
  },
  'with a comment whose length is too small': (jpeg) =>
    Buffer.concat([jpeg.subarray(0, 2), Buffer.from('fffe00026c656674', 'hex'), jpeg.subarray(2)]),
  'with another picture behind it': (jpeg) => Buffer.concat([jpeg, jpeg]),
  'with a trailer': (jpeg) => Buffer.concat([jpeg, Buffer.from('SEFT\x00\x01 trailer of a phone')]),
  'with zeros in place of the spectral selection': (jpeg) => {
    const copy = Buffer.from(jpeg);
    const scan = scanOf(jpeg);
    copy.fill(
      0,
      scan + 2 + copy.readUInt16BE(scan + 2) - 3,
      scan + 2 + copy.readUInt16BE(scan + 2),
    );
    return copy;
  },
  'with an empty line before it': (jpeg) => Buffer.concat([Buffer.from('\r\n'), jpeg]),
  'with a byte order mark before it': (jpeg) => Buffer.concat([Buffer.from('efbbbf', 'hex'), jpeg]),
  'with the headers of its part before it': (jpeg) =>
    Buffer.concat([Buffer.from('Content-Type: image/jpeg\r\nContent-Length: 9\r\n\r\n'), jpeg]),
  'with two start markers': (jpeg) => Buffer.concat([jpeg.subarray(0, 2), jpeg]),
};

/** JPEGs of which a part is missing or made up. */
export const damagedJpegs: Record<string, (jpeg: Buffer) => Buffer> = {
  '10 % and an end marker': (jpeg) => cutJpeg(jpeg, 0.1),
  '50 % and an end marker': (jpeg) => cutJpeg(jpeg, 0.5),
  '90 % and an end marker': (jpeg) => cutJpeg(jpeg, 0.9),
  '99 % and an end marker': (jpeg) => cutJpeg(jpeg, 0.99),
  'half without an end marker': (jpeg) => part(jpeg, 0.6),
  'half padded with zeros': (jpeg) => Buffer.concat([part(jpeg, 0.6), Buffer.alloc(2_000)]),
  'half before a whole one': (jpeg) => Buffer.concat([part(jpeg, 0.6), jpeg]),
  'a header and an end marker': (jpeg) => {
    const scan = scanOf(jpeg);
    return Buffer.concat([jpeg.subarray(0, scan + 2 + jpeg.readUInt16BE(scan + 2)), END_OF_IMAGE]);
  },
};

/** The same, of sequential JPEGs alone: a progressive one may go on from any place with what refines it. */
export const damagedSequentialJpegs: Record<string, (jpeg: Buffer) => Buffer> = {
  ...damagedJpegs,
  'a hole of 60 zeros': (jpeg) => {
    const copy = Buffer.from(jpeg);
    const from = Math.floor(jpeg.length * 0.6);
    return copy.fill(0, from, from + 60);
  },
  '60 bytes left out': (jpeg) => {
    const from = Math.floor(jpeg.length * 0.6);
    return Buffer.concat([jpeg.subarray(0, from), jpeg.subarray(from + 60)]);
  },
  '80 bytes of another place': (jpeg) => {
    const from = Math.floor(jpeg.length * 0.6);
    return Buffer.concat([jpeg.subarray(0, from + 80), jpeg.subarray(from)]);
  },
};

/** A part of a JPEG with an end marker. At least the headers are there. */
function cutJpeg(jpeg: Buffer, share: number): Buffer {
  const scan = scanOf(jpeg);
  return Buffer.concat([jpeg.subarray(0, scan), part(jpeg.subarray(scan), share), END_OF_IMAGE]);
}

/** Offset of the first scan's marker. */
function scanOf(jpeg: Buffer): number {
  let at = 2;
  while (jpeg[at + 1] !== 0xda) at += 2 + jpeg.readUInt16BE(at + 2);
  return at;
}

/** A PNG whose chunk of this type has a wrong checksum. */
export function pngWithWrongChecksum(png: Buffer, type: string): Buffer {
  const copy = Buffer.from(png);
  const at = chunkAt(png, type);
  const checksum = at + 8 + png.readUInt32BE(at);
  copy.writeUInt32BE((png.readUInt32BE(checksum) ^ 1) >>> 0, checksum);
  return copy;
}

/** A PNG with one chunk more, before the pixels. */
export function pngWithChunk(png: Buffer, type: string, data: Buffer): Buffer {
  const at = chunkAt(png, 'IDAT');
  return Buffer.concat([png.subarray(0, at), pngChunk(type, data), png.subarray(at)]);
}

export function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

function chunkAt(png: Buffer, type: string): number {
  let at = 8;
  while (png.toString('latin1', at + 4, at + 8) !== type) at += 12 + png.readUInt32BE(at);
  return at;
}

/** A JPEG with an EXIF segment that has the orientation as a number of this type: 1 BYTE, 3 SHORT, 4 LONG. */
export function jpegWithOrientation(
  jpeg: Buffer,
  orientation: number,
  { order, type }: { order: 'II' | 'MM'; type: 1 | 3 | 4 },
): Buffer {
  const tiff = Buffer.alloc(8 + 2 + 12 + 4);
  const length = { 1: 1, 3: 2, 4: 4 }[type];
  const write = (value: number, at: number, bytes: number) =>
    order === 'II' ? tiff.writeUIntLE(value, at, bytes) : tiff.writeUIntBE(value, at, bytes);
  tiff.write(order, 'latin1');
  write(42, 2, 2);
  write(8, 4, 4);
  write(1, 8, 2);
  write(0x0112, 10, 2);
  write(type, 12, 2);
  write(1, 14, 4);
  write(orientation, 18, length);
  const segment = Buffer.concat([Buffer.from('ffe10000457869660000', 'hex'), tiff]);
  segment.writeUInt16BE(segment.length - 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)]);
}
