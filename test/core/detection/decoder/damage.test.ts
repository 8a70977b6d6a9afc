import test from 'ava';
import {
  type DecodedKind,
  type DecodedPicture,
  loadDecoder,
} from '../../../../core/detection/decoder/native-decoder.js';
import { trimPicture } from '../../../../core/images/trim-picture.js';
import {
  damagedJpegs,
  damagedSequentialJpegs,
  picture,
  pictures,
  pngChunk,
  pngWithChunk,
  pngWithWrongChecksum,
  wholeJpegs,
} from '../../../fakes/damaged-pictures.js';

const decoder = loadDecoder();
const options = {
  colour: true,
  denominator: 1,
  maxPixels: 1e6,
  maxScans: 100,
  maxScanned: 1e9,
} as const;

function decode(kind: DecodedKind, bytes: Buffer): DecodedPicture & { pixels: Uint8Array } {
  let pixels = new Uint8Array();
  const result = decoder.decode(kind, bytes, options, (count) => {
    pixels = new Uint8Array(count);
    return pixels;
  });
  if ('error' in result) throw new Error(result.error);
  if (!('width' in result) || 'tooLarge' in result) throw new Error(JSON.stringify(result));
  return { ...result, pixels };
}

/** Arithmetic coding has no end of its own: a decoder goes on with zeros. */
const jpegs = pictures('jpg').filter(([name]) => !name.includes('arithmetic'));
const isProgressive = (name: string) => name.includes('progressive');

for (const [how, change] of Object.entries(wholeJpegs))
  test(`a JPEG ${how} is whole, with the same pixels`, (t) => {
    for (const [name, jpeg] of pictures('jpg')) {
      if (how.includes('spectral') && (isProgressive(name) || name === 'three-scans.jpg')) continue;
      const whole = decode('jpeg', jpeg);
      const { damaged, pixels, reason } = decode('jpeg', trimPicture(change(jpeg)));
      t.false(damaged, `${name}: ${reason}`);
      t.deepEqual(pixels, whole.pixels, name);
    }
  });

for (const [how, change] of Object.entries(damagedSequentialJpegs))
  test(`a JPEG with ${how} is damaged, and how much of it is whole is known`, (t) => {
    for (const [name, jpeg] of jpegs) {
      if (isProgressive(name) && !(how in damagedJpegs)) continue;
      const { damaged, whole, reason } = decode('jpeg', change(jpeg));
      t.true(damaged, name);
      t.true(whole >= 0 && whole < 1, `${name}: ${whole}`);
      t.not(reason, '', name);
    }
  });

test('a JPEG that is cut off at any place of its scans is damaged, and more of a longer one is whole', (t) => {
  for (const [name, jpeg] of jpegs) {
    let most = 0;
    const scan = jpeg.indexOf(Buffer.from([0xff, 0xda])) + 16;
    // The last byte may hold only padding.
    for (let length = scan; length < jpeg.length - 3; length += 7) {
      const { damaged, whole } = decode('jpeg', jpeg.subarray(0, length));
      t.true(damaged, `${name} ${length}`);
      t.true(whole >= most, `${name} ${length}`);
      most = whole;
    }
    t.true(most > 0.3, `${name}: ${most}`);
  }
});

test('pixels before the damage are those of the whole picture, and the rest is no picture', (t) => {
  const jpeg = picture('420.jpg');
  const whole = decode('jpeg', jpeg);
  const half = decode('jpeg', jpeg.subarray(0, Math.floor(jpeg.length * 0.7)));
  const rows = Math.floor(half.whole * half.height) - 1;
  t.true(rows > 8);
  const before = rows * half.width * 3;
  t.deepEqual(half.pixels.subarray(0, before), whole.pixels.subarray(0, before));
});

test('a JPEG that lost the scan of one component, or its last refinement, is damaged', (t) => {
  const scans = picture('three-scans.jpg');
  const last = scans.lastIndexOf(Buffer.from([0xff, 0xda]));
  t.true(decode('jpeg', scans.subarray(0, last)).damaged);
  const progressive = picture('progressive.jpg');
  const refinement = progressive.lastIndexOf(Buffer.from([0xff, 0xc4]));
  const { damaged, whole, reason } = decode('jpeg', progressive.subarray(0, refinement));
  t.true(damaged);
  t.true(whole > 0.3 && whole < 1);
  t.is(reason, 'scans are missing');
});

test('more scans than are accepted are refused before they are decoded', (t) => {
  const result = decoder.decode(
    'jpeg',
    picture('progressive.jpg'),
    { ...options, maxScans: 3 },
    () => t.fail('nothing is to be allocated') as never,
  );
  t.deepEqual(result, { tooCostly: 'it has 10 scans; 3 are accepted' });
});

for (const kind of ['jpeg', 'png', 'webp', 'gif', 'bmp'] as const)
  test(`a ${kind} of more pixels than are accepted is refused before anything is allocated`, (t) => {
    const extension = kind === 'jpeg' ? 'jpg' : kind;
    for (const [name, bytes] of pictures(extension)) {
      const result = decoder.decode(kind, bytes, { ...options, maxPixels: 500 }, () => {
        throw new Error('nothing is to be allocated');
      });
      t.like(result, { tooLarge: true }, name);
    }
  });

const COMMENT = Buffer.from('Comment\0taken at noon');

test('a wrong checksum of a critical chunk damages a PNG; of any other it does not', (t) => {
  for (const [name, png] of pictures('png')) {
    const whole = decode('png', png);
    t.false(whole.damaged, name);
    const types = ['IHDR', 'IDAT', 'IEND', ...(name === 'palette.png' ? ['PLTE'] : [])];
    for (const type of types) t.true(decode('png', pngWithWrongChecksum(png, type)).damaged, type);
    for (const type of ['tEXt', 'tIME', 'prVt']) {
      const spoiled = pngWithWrongChecksum(pngWithChunk(png, type, COMMENT), type);
      const { damaged, pixels } = decode('png', spoiled);
      t.false(damaged, `${name} ${type}`);
      t.deepEqual(pixels, whole.pixels);
    }
  }
});

test('an unknown critical chunk damages a PNG, since pixels may depend on it', (t) => {
  const png = picture('rgb.png');
  const end = png.length - 12;
  const known = Buffer.concat([png.subarray(0, end), pngChunk('teXt', COMMENT), png.subarray(end)]);
  t.false(decode('png', known).damaged);
  t.throws(() => decode('png', pngWithChunk(png, 'CgBI', Buffer.alloc(4))));
});

test('a PNG that ends early is damaged; without its last chunk it is whole', (t) => {
  for (const [name, png] of pictures('png')) {
    for (const share of [0.5, 0.9]) {
      const { damaged, whole } = decode('png', png.subarray(0, Math.floor(png.length * share)));
      t.true(damaged, name);
      t.true(whole >= 0 && whole < 1, `${name}: ${whole}`);
    }
    t.false(decode('png', png.subarray(0, -12)).damaged, name);
    t.false(decode('png', Buffer.concat([png, Buffer.alloc(100, 7)])).damaged, name);
  }
});

for (const kind of ['webp', 'gif', 'bmp'] as const)
  test(`a ${kind} that ends early is damaged; bytes behind it do no harm`, (t) => {
    for (const [name, bytes] of pictures(kind)) {
      t.false(decode(kind, bytes).damaged, name);
      t.false(decode(kind, Buffer.concat([bytes, Buffer.alloc(500)])).damaged, name);
      for (const share of [0.6, 0.9])
        t.true(decode(kind, bytes.subarray(0, Math.floor(bytes.length * share))).damaged, name);
    }
  });
