import test from 'ava';
import sharp from 'sharp';
import { readImageHeader } from '../../../../core/detection/image-header.js';
import type { DetectionPool } from '../../../../core/detection/pool/detection-pool.js';
import { ProblemError } from '../../../../core/runtime/errors.js';
import { picture } from '../../../fakes/damaged-pictures.js';
import { seededRandom } from '../../../support/render-random.js';
import { plainImage, planFor, startPool } from '../detection-setup.js';

async function codeFor(pool: DetectionPool, bytes: Buffer): Promise<string> {
  try {
    await pool.analyse(bytes, await planFor());
    return 'ok';
  } catch (error) {
    if (error instanceof ProblemError) return error.code;
    throw error;
  }
}

function noise(length: number): Buffer {
  const random = seededRandom(3);
  return Buffer.from(Array.from({ length }, () => Math.floor(random.between(0, 256))));
}

/** A PNG's signature and header, with nothing behind. */
function pngClaiming(width: number, height: number): Buffer {
  const png = Buffer.from(
    '89504e470d0a1a0a0000000d494844520000000000000000080200000000000000',
    'hex',
  );
  png.writeUInt32BE(width, 16);
  png.writeUInt32BE(height, 20);
  return png;
}

test.serial(
  'files that are not images are undecodable, parts of one are damaged, and none costs a worker',
  async (t) => {
    const pool = await startPool(t);
    const jpeg = await plainImage(640, 480).jpeg().toBuffer();
    const progressive = await plainImage(640, 480).jpeg({ progressive: true }).toBuffer();
    const png = await plainImage(640, 480).png().toBuffer();
    const webp = await plainImage(640, 480).webp({ lossless: true }).toBuffer();
    const half = (bytes: Buffer) => bytes.subarray(0, bytes.length / 2);
    const parts = {
      'half a JPEG': half(jpeg),
      'half a progressive JPEG': half(progressive),
      'half a PNG': half(png),
      'half a WebP': half(webp),
    };
    for (const [name, bytes] of Object.entries(parts))
      t.is(await codeFor(pool, bytes), 'image_damaged', name);
    t.is(await codeFor(pool, jpeg.subarray(0, -2)), 'ok');
    const files = {
      empty: Buffer.alloc(0),
      text: Buffer.from('this is no picture'),
      'the first bytes of a JPEG and then noise': Buffer.concat([
        jpeg.subarray(0, 20),
        noise(5000),
      ]),
      'the signature of a PNG and then noise': Buffer.concat([png.subarray(0, 8), noise(5000)]),
      'a small PNG header and nothing else': pngClaiming(20, 20),
    };
    for (const [name, bytes] of Object.entries(files))
      t.is(await codeFor(pool, bytes), 'image_undecodable', name);
    t.is(pool.status().restarts, 0);
  },
);

test.serial(
  'an image that claims 60000 × 60000 pixels is refused before it is decoded',
  async (t) => {
    const pool = await startPool(t);
    t.is(await codeFor(pool, pngClaiming(60_000, 60_000)), 'too_many_pixels');
    t.is(await codeFor(pool, pngClaiming(4_294_967_295, 4_294_967_295)), 'too_many_pixels');
    t.is(pool.status().restarts, 0);
  },
);

test.serial('the pixel limit is the configured one', async (t) => {
  const pool = await startPool(t, { maxPixels: 10_000 });
  t.is(await codeFor(pool, await plainImage(100, 100).png().toBuffer()), 'ok');
  t.is(await codeFor(pool, await plainImage(101, 100).png().toBuffer()), 'too_many_pixels');
});

test.serial(
  'a JPEG whose pixels are noise is decoded or refused, and the worker survives',
  async (t) => {
    const pool = await startPool(t);
    const jpeg = await plainImage(640, 480).jpeg().toBuffer();
    const scan = jpeg.indexOf(Buffer.from([0xff, 0xda]));
    const end = Buffer.from([0xff, 0xd9]);
    const spoiled = Buffer.concat([jpeg.subarray(0, scan + 14), noise(5000), end]);
    t.is(await codeFor(pool, spoiled), 'image_damaged');
    t.is(pool.status().restarts, 0);
  },
);

test.serial('every common pixel format is accepted', async (t) => {
  const pool = await startPool(t);
  const image = () => plainImage(320, 240);
  const forms = {
    'a PNG with transparency': await image().ensureAlpha(0.3).png().toBuffer(),
    'a PNG of 16 bits': await image().toColourspace('rgb16').png().toBuffer(),
    'a PNG with a palette': await image().png({ palette: true, colours: 4 }).toBuffer(),
    'an interlaced PNG': await image().png({ progressive: true }).toBuffer(),
    'a grey JPEG': await image().toColourspace('b-w').jpeg().toBuffer(),
    'a CMYK JPEG': await image().toColourspace('cmyk').jpeg().toBuffer(),
    'a progressive JPEG': await image().jpeg({ progressive: true }).toBuffer(),
    'a WebP with transparency': await image().ensureAlpha(0.3).webp().toBuffer(),
    'a GIF': picture('interlaced.gif'),
    'a bitmap': picture('8-bit.bmp'),
    'a lossless WebP': await image().webp({ lossless: true }).toBuffer(),
    'a single pixel': await plainImage(1, 1).png().toBuffer(),
    'a line of pixels': await plainImage(3000, 1).png().toBuffer(),
  };
  for (const [name, bytes] of Object.entries(forms)) {
    t.is(await codeFor(pool, bytes), 'ok', name);
    const drawn = await pool.draw(bytes, []);
    const { width, height } = readImageHeader(bytes) ?? {};
    t.like(await sharp(drawn).metadata(), { format: 'jpeg', width, height }, name);
  }
});
