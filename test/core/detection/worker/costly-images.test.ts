import test from 'ava';
import sharp from 'sharp';
import { loadDecoder } from '../../../../core/detection/decoder/native-decoder.js';
import { readImageHeader } from '../../../../core/detection/image-header.js';
import { ImageDecoder } from '../../../../core/detection/worker/decode.js';
import { Refusal } from '../../../../core/detection/worker/refusal.js';
import { trimPicture } from '../../../../core/images/trim-picture.js';
import { picture, pictures } from '../../../fakes/damaged-pictures.js';
import { exifBomb, flatJpeg, scanBomb, withSegments } from '../../../support/hostile/jpeg-bombs.js';
import { bombs } from '../../../support/hostile-images.js';
import { renderScene } from '../../../support/render-scene.js';

const decoder = new ImageDecoder(loadDecoder(), 50_000_000);
const request = { workingSize: 1_280, acceptDamaged: false };

/** The code of an image, and the seconds of a core that it costs to search and to draw it. */
function costOf(bytes: Buffer): { code: string; seconds: number; detail: string } {
  const before = process.cpuUsage();
  let [code, detail] = ['ok', ''];
  try {
    decoder.withGrey(bytes, request, () => undefined);
    decoder.decodeColour(bytes);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    [code, detail] = [error.code, error.message];
  }
  const { user, system } = process.cpuUsage(before);
  return { code, detail, seconds: (user + system) / 1e6 };
}

const tooCostly = [
  'scans: 64 over 50 megapixels',
  'scans: 64 over three components',
  'scans: 64 without the first',
  'scans: 64 of arithmetic coding',
  'scans: 1,000 over 50 megapixels',
  'scans: 1,000 over a small picture',
  'scans: 500 over 4 megapixels',
  'scans: 99 in a TIFF',
  'parts: a TIFF of 60 samples a pixel',
  'parts: an AVIF of 40,000 tiles',
  'parts: an AVIF of 65,025 tiles',
];

for (const name of tooCostly)
  test.serial(`an image is refused as too costly, with what is accepted: ${name}`, async (t) => {
    const { code, detail, seconds } = costOf((await bombs[name]?.()) ?? Buffer.alloc(0));
    t.is(code, 'image_too_costly');
    t.regex(detail, /more than \d+|\d+ (million |MB )?are accepted/);
    // A TIFF is decoded as far as its limit; all others not at all.
    t.true(seconds < 1.5, `${seconds} s`);
  });

for (const name of [
  'runs: a bitmap whose runs leave its rows',
  'runs: the same over 50 megapixels',
  'flat: a JPEG with restart markers in disorder',
  'segments: quantisation tables',
  'segments: fill bytes',
  'chunks: 100,000 empty chunks',
  'chunks: a colour profile of 100 MB',
  'size: a GIF whose frame is larger than its screen',
])
  test.serial(`an image costs a worker less than two seconds: ${name}`, async (t) => {
    const { seconds } = costOf((await bombs[name]?.()) ?? Buffer.alloc(0));
    t.true(seconds < 2, `${seconds} s`);
  });

test.serial(
  'a progressive image of the largest size that is configured is decoded, whatever that is',
  (t) => {
    // As many samples as 14 scans over 64 megapixels.
    const bytes = scanBomb({ width: 2_000, height: 1_500, scans: 300 });
    t.is(costOf(bytes).code, 'image_too_costly');
    const large = new ImageDecoder(loadDecoder(), 200_000_000);
    const all = { ...request, acceptDamaged: true };
    t.notThrows(() => large.withGrey(bytes, all, () => undefined));
  },
);

test.serial('a JPEG that hides its scans from a count is cut off while it is decoded', (t) => {
  const bomb = scanBomb({ width: 7_071, height: 7_071, scans: 64 });
  // What ends a count of markers does not end the decoder: another picture's start within the data of the first scan.
  const scan = bomb.indexOf(Buffer.from([0xff, 0xda])) + 12;
  const hidden = Buffer.concat([
    bomb.subarray(0, scan),
    Buffer.from('ffd8', 'hex'),
    bomb.subarray(scan),
  ]);
  const { code, seconds } = costOf(hidden);
  t.not(code, 'ok');
  t.true(seconds < 3, `${seconds} s`);
});

test.serial('progressive JPEGs of cameras, phones and optimisers pass', async (t) => {
  const { jpeg } = await renderScene({ width: 800, height: 600, seed: 3, signs: [] });
  const photo = (width: number) => sharp(jpeg).resize(width);
  const files = {
    ...Object.fromEntries(pictures('jpg')),
    '12 megapixels': await photo(4_000).jpeg({ progressive: true }).toBuffer(),
    '12 megapixels, 4:4:4': await photo(4_000)
      .jpeg({ progressive: true, chromaSubsampling: '4:4:4' })
      .toBuffer(),
    'by mozjpeg': await photo(4_000).jpeg({ mozjpeg: true }).toBuffer(),
    'grey, by mozjpeg': await photo(3_000).greyscale().jpeg({ mozjpeg: true }).toBuffer(),
    '48 megapixels': await photo(8_000).jpeg({ progressive: true }).toBuffer(),
    'CMYK of 12 megapixels': await photo(4_000)
      .toColourspace('cmyk')
      .jpeg({ progressive: true })
      .toBuffer(),
  };
  for (const [name, bytes] of Object.entries(files)) t.is(costOf(bytes).code, 'ok', name);
});

test('the header of a hostile image takes the service a few milliseconds', async (t) => {
  const jpeg = flatJpeg(64, 64);
  const many = (hex: string) => Buffer.alloc(19_000_000, Buffer.from(hex, 'hex'));
  const inScan = (hex: string) => Buffer.concat([jpeg.subarray(0, -2), many(hex)]);
  const images = {
    'fill bytes': withSegments(jpeg, many('ff'), 1),
    'stuffed bytes between segments': withSegments(jpeg, many('ff00'), 1),
    'stuffed bytes': inScan('ff00'),
    'restart markers': inScan('ffd0'),
    'empty scans': inScan('ffda0008010100003f00'),
    'starts of pictures': Buffer.concat([many('ffd8ff'), jpeg]),
    'EXIF directories': withSegments(exifBomb(jpeg), exifBomb(jpeg).subarray(2, 65_000), 250),
    'blocks of a GIF': Buffer.concat([picture('plain.gif').subarray(0, 13), many('21fe0161')]),
    'bytes of a GIF comment': Buffer.concat([
      picture('plain.gif').subarray(0, 10),
      Buffer.from('00000021fe', 'hex'),
      many('0161'),
    ]),
    'tiles of an AVIF': (await bombs['parts: an AVIF of 65,025 tiles']?.()) ?? Buffer.alloc(0),
  };
  for (const [name, bytes] of Object.entries(images)) {
    const before = process.cpuUsage();
    t.notThrows(() => readImageHeader(trimPicture(bytes)), name);
    const { user } = process.cpuUsage(before);
    t.true(user < 100_000, `${name}: ${user / 1_000} ms`);
  }
});

test('an item that is a part of itself is refused, and one of a few tiles is not', async (t) => {
  const grid = (await bombs['parts: an AVIF of 169 tiles']?.()) ?? Buffer.alloc(0);
  t.is(readImageHeader(grid)?.excess, undefined);
  const loop = Buffer.from(grid);
  const links = loop.indexOf('dimg') + 8;
  loop.writeUInt16BE(2, links);
  t.regex(readImageHeader(loop)?.excess ?? '', /more than 2000 tiles/);
});
