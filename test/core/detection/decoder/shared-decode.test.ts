import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import {
  type DecodedKind,
  type DecodeOptions,
  loadDecoder,
} from '../../../../core/detection/decoder/native-decoder.js';
import { projectRoot } from '../../../../core/runtime/project-root.js';

const native = loadDecoder();

function decode(
  kind: DecodedKind,
  file: Buffer,
  options: Pick<DecodeOptions, 'colour' | 'ycc' | 'denominator'>,
) {
  let bytes: Uint8Array = new Uint8Array();
  const limits = { maxPixels: 1e8, maxScans: 100, maxScanned: 1e9 };
  const picture = native.decode(kind, file, { ...options, ...limits }, (count) => {
    bytes = new Uint8Array(count);
    return bytes;
  });
  if (!('width' in picture) || 'tooLarge' in picture) throw new Error(JSON.stringify(picture));
  return { ...picture, bytes };
}

const photo = () => readFile(join(projectRoot(), 'samples', '4-two-signs.jpg'));

const FILES: [what: string, kind: DecodedKind, make: (photo: Buffer) => Promise<Buffer>][] = [
  ['a JPEG', 'jpeg', async (bytes) => bytes],
  [
    'a progressive JPEG without subsampling',
    'jpeg',
    (bytes) => sharp(bytes).jpeg({ progressive: true, chromaSubsampling: '4:4:4' }).toBuffer(),
  ],
  ['a JPEG with odd sides', 'jpeg', (bytes) => sharp(bytes).resize(331, 207).jpeg().toBuffer()],
  ['a grey JPEG', 'jpeg', (bytes) => sharp(bytes).greyscale().jpeg().toBuffer()],
  ['a grey PNG', 'png', (bytes) => sharp(bytes).toColourspace('b-w').png().toBuffer()],
  ['a WebP', 'webp', (bytes) => sharp(bytes).webp().toBuffer()],
  ['a GIF', 'gif', (bytes) => sharp(bytes).gif().toBuffer()],
  ['a TIFF', 'tiff', (bytes) => sharp(bytes).tiff().toBuffer()],
];

for (const [what, kind, make] of FILES)
  test(`the grey of ${what} is the same from a decode in colour`, async (t) => {
    const file = await make(await photo());
    for (const denominator of kind === 'jpeg' ? ([1, 2, 4, 8] as const) : ([1] as const)) {
      const colour = decode(kind, file, { colour: true, ycc: true, denominator });
      const grey = decode(kind, file, { colour: false, denominator });
      t.true(colour.holdsGrey);
      const copy = new Uint8Array(colour.width * colour.height);
      native.grey(colour, copy);
      t.deepEqual([colour.width, colour.height], [grey.width, grey.height]);
      t.is(Buffer.compare(copy, grey.bytes), 0, `denominator ${denominator}`);
    }
  });

test('a picture whose grey its library computes in another way says so', async (t) => {
  const bytes = await photo();
  for (const [kind, file] of [
    ['png', await sharp(bytes).png().toBuffer()],
    ['jpeg', await sharp(bytes).toColourspace('cmyk').jpeg().toBuffer()],
  ] as const)
    t.false(decode(kind, file, { colour: true, ycc: true, denominator: 1 }).holdsGrey);
});

/** Red, green and blue of the input's planes at a place. */
const at = (planes: Float32Array, side: number, x: number, y: number) =>
  [0, 1, 2].map((c) => planes[(c * side + y) * side + x]);

test('Y, Cb and Cr become the colours that libjpeg makes of them', async (t) => {
  const file = await photo();
  const layout = {
    width: 64,
    height: 64,
    left: 0,
    top: 0,
    partWidth: 64,
    partHeight: 64,
    fill: 0,
    rgb: true,
    interleaved: false,
    mean: [0, 0, 0],
    scale: [1, 1, 1],
  };
  const [ofYcc, ofBgr] = [true, false].map((ycc) => {
    const picture = decode('jpeg', file, { colour: true, ycc, denominator: 1 });
    t.is(picture.ycc, ycc);
    const to = new Float32Array(3 * 64 * 64);
    const part = { x: 0, y: 0, width: picture.width, height: picture.height };
    native.letterbox(picture, part, layout, to);
    return to;
  });
  // Colours out of range are cut before or after the mean, and rounded before it.
  const worst = ofYcc?.reduce((most, v, i) => Math.max(most, Math.abs(v - (ofBgr?.[i] ?? 0))), 0);
  t.true((worst ?? 255) < 3, String(worst));
});

test('an input holds each pixel of a picture that fits it', (t) => {
  const side = 4;
  const bytes = Uint8Array.from({ length: 3 * side * side }, (_, i) => i * 5);
  const picture = { width: side, height: side, ycc: false, bytes };
  const layout = {
    width: 6,
    height: 6,
    left: 1,
    top: 2,
    partWidth: side,
    partHeight: side,
    fill: 114,
    rgb: true,
    interleaved: false,
    mean: [1, 2, 3],
    scale: [10, 20, 30],
  };
  const part = { x: 0, y: 0, width: side, height: side };
  const to = new Float32Array(3 * 36);
  native.letterbox(picture, part, layout, to);
  const inputOf = (blue: number, green: number, red: number) => [
    (red - 1) * 10,
    (green - 2) * 20,
    (blue - 3) * 30,
  ];
  for (let y = 0; y < 6; y++)
    for (let x = 0; x < 6; x++) {
      const [u, v] = [x - 1, y - 2];
      const i = 3 * (v * side + u);
      const isInside = u >= 0 && v >= 0 && u < side && v < side;
      const expected = isInside ? inputOf(i * 5, i * 5 + 5, i * 5 + 10) : inputOf(114, 114, 114);
      t.deepEqual(at(to, 6, x, y), expected);
    }
  const whole = new Uint8Array(3 * 36);
  const plain = { ...layout, interleaved: true, rgb: false, mean: [0, 0, 0], scale: [1, 1, 1] };
  native.letterbox(picture, part, plain, whole);
  t.deepEqual(
    [...whole.subarray(3 * (2 * 6 + 1), 3 * (2 * 6 + 1) + 12)],
    [...bytes.subarray(0, 12)],
  );
});

test('a part that shrinks is the mean of its pixels, and one that grows lies between them', (t) => {
  const levels = [10, 30, 50, 70];
  const bytes = Uint8Array.from(levels.flatMap((level) => [level, level, level]));
  const row = { width: 4, height: 1, ycc: false, bytes };
  const values = (part: { x: number; width: number }, width: number) => {
    const layout = {
      width,
      height: 1,
      left: 0,
      top: 0,
      partWidth: width,
      partHeight: 1,
      fill: 0,
      rgb: false,
      interleaved: false,
      mean: [0, 0, 0],
      scale: [1, 1, 1],
    };
    const to = new Float32Array(3 * width);
    native.letterbox(row, { y: 0, height: 1, ...part }, layout, to);
    return [...to.subarray(0, width)].map((value) => Math.round(value * 1000) / 1000);
  };
  t.deepEqual(values({ x: 0, width: 4 }, 2), [20, 60]);
  t.deepEqual(values({ x: 1, width: 3 }, 2), [36.667, 63.333]);
  t.deepEqual(values({ x: 0, width: 4 }, 8), [10, 15, 25, 35, 45, 55, 65, 70]);
  t.deepEqual(values({ x: 2, width: 2 }, 2), [50, 70]);
});

test('a part outside of the picture or of the input is refused', (t) => {
  const picture = { width: 4, height: 4, ycc: false, bytes: new Uint8Array(48) };
  const layout = {
    width: 4,
    height: 4,
    left: 0,
    top: 0,
    partWidth: 4,
    partHeight: 4,
    fill: 0,
    rgb: false,
    interleaved: false,
    mean: [0, 0, 0],
    scale: [1, 1, 1],
  };
  const part = { x: 0, y: 0, width: 4, height: 4 };
  const to = new Float32Array(48);
  t.notThrows(() => native.letterbox(picture, part, layout, to));
  for (const wrong of [
    { ...part, x: 1 },
    { ...part, y: -1 },
    { ...part, width: 0 },
    { ...part, height: Number.NaN },
  ])
    t.throws(() => native.letterbox(picture, wrong, layout, to), {
      message: /outside of the picture/,
    });
  t.throws(() => native.letterbox(picture, part, { ...layout, left: 1 }, to), {
    message: /outside of the input/,
  });
  t.throws(() => native.letterbox(picture, part, layout, new Float32Array(47)), {
    message: /larger than its memory/,
  });
  t.throws(() => native.letterbox({ ...picture, width: 5 }, part, layout, to), {
    message: /fewer bytes/,
  });
});
