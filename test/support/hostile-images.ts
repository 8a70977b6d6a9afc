import sharp from 'sharp';
import { picture, pictures } from '../fakes/damaged-pictures.js';
import { gridBomb, heifThatClaims } from './hostile/heif-bombs.js';
import {
  exifBomb,
  flatJpeg,
  repeatedScans,
  restartBomb,
  scanBomb,
  segments,
  withSegments,
} from './hostile/jpeg-bombs.js';
import {
  bmp,
  gif,
  gifBomb,
  gifExtensions,
  tiffBomb,
  webpBomb,
  webpThatClaims,
  zeros,
} from './hostile/other-bombs.js';
import { pngBomb, pngOddities } from './hostile/png-bombs.js';
import { type Random, seededRandom } from './render-random.js';

/** An image that is made to cost, crash or mislead whoever decodes it. */
export interface HostileImage {
  /**
   * What it is, e.g. `scans: 64 over 50 megapixels` or `cut: rgb.png at 3072`. The part before the colon is its class.
   */
  name: string;
  bytes: Buffer;
}

export type Maker = () => Buffer | Promise<Buffer>;

/** Some 50 megapixels, the limit of a service with its default settings. */
const SIDE = 7_071;
const LARGE = { width: SIDE, height: SIDE };
const small = () => flatJpeg(64, 64);

/**
 * Images that are cheap to send and dear to decode, by name: each within the limit on pixels unless it says otherwise.
 */
export const bombs: Record<string, Maker> = {
  'scans: 64 over 50 megapixels': () => scanBomb({ ...LARGE, scans: 64 }),
  'scans: 64 over three components': () => scanBomb({ ...LARGE, scans: 64, components: 3 }),
  'scans: 64 without the first': () => scanBomb({ ...LARGE, scans: 64, withoutFirst: true }),
  'scans: 64 of arithmetic coding': () =>
    scanBomb({ ...LARGE, scans: 64, components: 3, coding: 'arithmetic' }),
  'scans: 1,000 over 50 megapixels': () => scanBomb({ ...LARGE, scans: 1_000 }),
  'scans: 1,000 over a small picture': () => scanBomb({ width: 640, height: 480, scans: 1_000 }),
  'scans: 500 over 4 megapixels': () => scanBomb({ width: 2_000, height: 2_000, scans: 500 }),
  'scans: 40 of whole blocks, again and again': () => repeatedScans({ ...LARGE, scans: 40 }),
  'scans: 99 in a TIFF': () =>
    tiffBomb({ ...LARGE, compression: 7, data: scanBomb({ ...LARGE, scans: 99 }) }),
  'size: a JPEG of 1 × 65535': () => flatJpeg(1, 65_535),
  'size: a JPEG of 65535 × 1': () => flatJpeg(65_535, 1),
  'size: a progressive JPEG of 1 × 65500': () => scanBomb({ width: 1, height: 65_500, scans: 200 }),
  'size: a JPEG of 65535 × 65535': () => flatJpeg(64, 64).fill(0xff, 74, 78),
  'size: a PNG of 1 × 65535': () => pngBomb({ width: 1, height: 65_535 }),
  'size: a PNG of 65535 × 1': () => pngBomb({ width: 65_535, height: 1 }),
  'size: a GIF of 1 × 65535': () => gifBomb(1, 65_535),
  'size: a GIF whose frame is larger than its screen': () => gif([20, 20], [SIDE, SIDE]),
  'size: a bitmap of 1 × 65535': () => bmp(1, 65_535, false, 4 * 65_535),
  'size: a WebP that claims 16383 × 3000': () => webpThatClaims(16_383, 3_000),
  'size: an AVIF that claims 7000 × 7000': () => heifThatClaims('av1.avif', 7_000, 7_000),
  'size: a HEIC that claims 7000 × 7000': () => heifThatClaims('hevc.heic', 7_000, 7_000),
  'size: an AVIF that claims 2³² − 1': () => heifThatClaims('av1.avif', 0xffffffff, 0xffffffff),
  'flat: a JPEG of 50 megapixels': () => flatJpeg(SIDE, SIDE),
  'flat: an arithmetic JPEG of 50 megapixels': () => flatJpeg(SIDE, SIDE, 'arithmetic'),
  'flat: a JPEG with restart markers': () => restartBomb(SIDE, SIDE, true),
  'flat: a JPEG with restart markers in disorder': () => restartBomb(SIDE, SIDE, false),
  'flat: a PNG of 50 megapixels': () => pngBomb(LARGE),
  'flat: an interlaced PNG of 16 bits': () =>
    pngBomb({ ...LARGE, type: 6, bits: 16, interlaced: true }),
  'flat: a PNG in chunks of one byte': () => pngBomb({ ...LARGE, type: 0, chunkBytes: 1 }),
  'flat: a lossy WebP of 50 megapixels': () => webpBomb(SIDE, SIDE, false),
  'flat: a lossless WebP of 50 megapixels': () => webpBomb(SIDE, SIDE, true),
  'flat: a GIF of 50 megapixels': () => gifBomb(SIDE, SIDE),
  'flat: a bitmap of 50 megapixels': () => bmp(SIDE, SIDE, false, 6_500_000),
  'flat: a TIFF of 50 megapixels': () =>
    tiffBomb({ ...LARGE, compression: 8, data: zeros(SIDE * SIDE) }),
  'runs: a bitmap whose runs leave its rows': () => bmp(10, 10, true, 19_000_000),
  'runs: the same over 50 megapixels': () => bmp(SIDE, SIDE, true, 19_000_000),
  'parts: a TIFF of 60 samples a pixel': () =>
    tiffBomb({
      width: 3_000,
      height: 3_000,
      compression: 8,
      samples: 60,
      data: zeros(540_000_000),
    }),
  'parts: a TIFF whose tile is larger than its picture': () =>
    tiffBomb({ width: 16, height: 16, compression: 8, tile: 16_384, data: zeros(268_435_456) }),
  'parts: an AVIF of 169 tiles': () => gridBomb(512, 13, 13),
  'parts: an AVIF of 40,000 tiles': () => gridBomb(32, 200, 200),
  'parts: an AVIF of 65,025 tiles': () => gridBomb(16, 255, 255),
  'segments: EXIF directories without end': () => exifBomb(small()),
  'segments: GIF extensions': gifExtensions,
  ...Object.fromEntries(
    Object.entries(segments).map(([name, one]): [string, Maker] => [
      `segments: ${name}`,
      () => withSegments(small(), one, Math.floor(2_000_000 / one.length)),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(pngOddities).map(([name, make]): [string, Maker] => [`chunks: ${name}`, make]),
  ),
};

/** What is two kinds of file at once, by name. */
const polyglots = (all: [string, Buffer][]): [string, Maker][] => {
  const others: [string, Buffer][] = [
    ['a page', Buffer.from('<!doctype html><script>alert(1)</script>')],
    ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')],
    ['a PDF', Buffer.from('%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>')],
    ['an archive', Buffer.from('504b0506000000000000000000000000000000000000', 'hex')],
    ['a script', Buffer.from('#!/bin/sh\nid\n')],
    ['a program', Buffer.from('7f454c46020101000000000000000000', 'hex')],
  ];
  return all.flatMap(([name, bytes]) =>
    [...others, ...all.filter(([other]) => KIND.exec(other)?.[0] !== KIND.exec(name)?.[0])].flatMap(
      ([other, more]): [string, Maker][] => [
        [`polyglot: ${name} and ${other}`, () => Buffer.concat([bytes, more])],
        [`polyglot: ${other} before ${name}`, () => Buffer.concat([more, bytes])],
      ],
    ),
  );
};

const KIND = /\w+$/;
const KILOBYTE = 1_024;

/** An image without its end: at every kilobyte, and at most of the first bytes, where the header is. */
function truncations([name, bytes]: [string, Buffer]): [string, Maker][] {
  const lengths = [1, 2, 3, 4, 8, 12, 16, 20, 24, 32, 48, 64, 100, 200, 400, 700];
  for (let length = KILOBYTE; length < bytes.length; length += KILOBYTE) lengths.push(length);
  return lengths
    .filter((length) => length < bytes.length)
    .map((length) => [`cut: ${name} at ${length}`, () => bytes.subarray(0, length)]);
}

/** An image with a few changes, most of them near its beginning. */
function mutation([name, bytes]: [string, Buffer], random: Random): [string, Maker] {
  const changed = Buffer.from(bytes);
  const end = random.pick([64, 1_024, bytes.length] as const);
  const place = () => Math.floor(random.between(0, Math.min(end, bytes.length)));
  const changes: Record<string, () => Buffer> = {
    flip: () => {
      for (let n = random.between(1, 12); n > 0; n--) {
        const at = place();
        changed[at] = (changed[at] ?? 0) ^ (1 << Math.floor(random.between(0, 8)));
      }
      return changed;
    },
    extreme: () => {
      const at = place();
      return changed.fill(random.pick([0x00, 0xff, 0x7f, 0x80] as const), at, at + 4);
    },
    remove: () => {
      const at = place();
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.between(1, 300))]);
    },
    repeat: () => {
      const [at, from] = [place(), place()];
      const part = bytes.subarray(from, from + random.between(1, 3_000));
      return Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)]);
    },
  };
  const how = random.pick(['flip', 'flip', 'extreme', 'remove', 'repeat'] as const);
  const seed = Math.floor(random.between(0, 1e9));
  return [`${how}: ${name} (${seed})`, changes[how] as Maker];
}

/** Photos of some tens of kilobytes, as cameras and phones make them, and small ones of rare kinds. */
async function originals(seed: number): Promise<[string, Buffer][]> {
  const random = seededRandom(seed);
  const [width, height] = [480, 360];
  const pixels = Buffer.alloc(width * height * 3);
  for (let i = 0; i < pixels.length; i++)
    pixels[i] = 128 + 60 * Math.sin(i / 700) + 30 * random.normal();
  const photo = () => sharp(pixels, { raw: { width, height, channels: 3 } });
  return [
    ['photo.jpg', await photo().jpeg({ quality: 85 }).toBuffer()],
    ['progressive-photo.jpg', await photo().jpeg({ progressive: true }).toBuffer()],
    ['photo.png', await photo().png().toBuffer()],
    ['photo.webp', await photo().webp().toBuffer()],
    ['photo.gif', await photo().gif().toBuffer()],
    ['photo.tiff', await photo().tiff({ compression: 'deflate' }).toBuffer()],
    ['photo.avif', await photo().avif({ effort: 0 }).toBuffer()],
    ...pictures('jpg', 'png', 'webp', 'gif', 'bmp', 'tiff', 'avif', 'heic', 'jxl'),
  ];
}

/**
 * Hostile images, the same ones for the same seed: first every bomb, then polyglots, truncations and mutations by
 * turns. Each is made when it is asked for: some take a second and hundreds of megabytes to make.
 */
export async function* hostileImages(seed: number, count: number): AsyncGenerator<HostileImage> {
  for (const [name, make] of Object.entries(bombs).slice(0, count))
    yield { name, bytes: await make() };
  yield* spoiltImages(seed, count - Object.keys(bombs).length);
}

/** The same without the bombs. */
export async function* spoiltImages(seed: number, count: number): AsyncGenerator<HostileImage> {
  let left = count;
  const random = seededRandom(seed);
  const all = await originals(seed);
  const small = pictures('png', 'gif', 'webp', 'bmp').slice(0, 6);
  const mixed = shuffled(polyglots([...small, ['av1.avif', picture('av1.avif')]]), random);
  const cut = shuffled(all.flatMap(truncations), random);
  while (left > 0) {
    const original = all[Math.floor(random.between(0, all.length))] ?? ['', Buffer.alloc(0)];
    for (const one of [mixed.pop(), cut.pop(), cut.pop(), mutation(original, random)]) {
      if (!one || left-- <= 0) continue;
      yield { name: one[0], bytes: await one[1]() };
    }
  }
}

function shuffled<T>(items: T[], random: Random): T[] {
  return items
    .map((item) => ({ item, key: random.between(0, 1) }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
