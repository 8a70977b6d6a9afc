import { randomBytes } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import sharp from 'sharp';
import { readImageHeader, uprightSize } from '../../../core/detection/image-header.js';
import { jpegWithOrientation, picture, pictures } from '../../fakes/damaged-pictures.js';
import { plainImage } from './detection-setup.js';

for (const format of ['jpeg', 'png', 'webp'] as const)
  test(`a ${format} header gives the size, rotated as its EXIF orientation says`, async (t) => {
    for (let orientation = 1; orientation <= 8; orientation++) {
      const bytes = await plainImage(41, 27)
        .withMetadata({ orientation })
        .toFormat(format)
        .toBuffer();
      const header = readImageHeader(bytes);
      t.like(header, { kind: format, width: 41, height: 27, orientation });
      const turned = { width: 27, height: 41 };
      t.deepEqual(
        header && uprightSize(header),
        orientation < 5 ? { width: 41, height: 27 } : turned,
      );
    }
  });

test('lossless, transparent and progressive images have readable headers', async (t) => {
  const kinds = [
    await plainImage(300, 200).webp({ lossless: true }).toBuffer(),
    await plainImage(300, 200).ensureAlpha(0.5).webp().toBuffer(),
    await plainImage(300, 200).jpeg({ progressive: true }).toBuffer(),
    await plainImage(300, 200).png({ palette: true }).toBuffer(),
  ];
  for (const bytes of kinds) t.like(readImageHeader(bytes), { width: 300, height: 200 });
});

test('a header does not depend on a thumbnail, fill bytes or what follows the pixels', async (t) => {
  const thumbnail = await plainImage(16, 16).jpeg().toBuffer();
  const jpeg = await plainImage(300, 200).jpeg().toBuffer();
  // An application segment that holds a whole JPEG, as cameras write it.
  const segment = Buffer.concat([Buffer.from([0xff, 0xe2, 0, 0]), thumbnail]);
  segment.writeUInt16BE(thumbnail.length + 2, 2);
  const whole = Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)]);
  const filled = Buffer.concat([
    whole.subarray(0, 2),
    Buffer.alloc(50_000, 0xff),
    whole.subarray(2),
  ]);
  for (const bytes of [
    whole,
    filled,
    whole.subarray(0, -2),
    Buffer.concat([whole, randomBytes(50)]),
  ])
    t.like(readImageHeader(bytes), { kind: 'jpeg', width: 300, height: 200 });
});

test('an orientation counts if it is stored as SHORT, LONG or BYTE, in both byte orders', async (t) => {
  const jpeg = await plainImage(41, 27).jpeg().toBuffer();
  for (const order of ['II', 'MM'] as const)
    for (const type of [1, 3, 4] as const)
      for (const orientation of [1, 3, 6, 8]) {
        const bytes = jpegWithOrientation(jpeg, orientation, { order, type });
        t.is(readImageHeader(bytes)?.orientation, orientation, `${order} ${type}`);
        t.is((await sharp(bytes).metadata()).orientation ?? 1, orientation, `${order} ${type}`);
      }
});

test('a GIF has the size of its screen or of its first frame, a bitmap that of its rows in any order', (t) => {
  for (const [name, bytes] of pictures('gif'))
    t.like(readImageHeader(bytes), { kind: 'gif', width: 91, height: 66 }, name);
  const small = Buffer.from(picture('plain.gif'));
  small.writeUInt32LE(0, 6);
  t.like(readImageHeader(small), { width: 91, height: 66 });
  const topDown = Buffer.from(picture('24-bit.bmp'));
  t.like(readImageHeader(topDown), { kind: 'bmp', width: 40, height: 30 });
  topDown.writeInt32LE(-30, 22);
  t.like(readImageHeader(topDown), { kind: 'bmp', width: 40, height: 30 });
});

test('a truncated or missing header is not read', async (t) => {
  for (const format of ['jpeg', 'png', 'webp'] as const) {
    const bytes = await plainImage(300, 200).toFormat(format).toBuffer();
    t.is(readImageHeader(bytes.subarray(0, 15)), undefined);
  }
  t.is(readImageHeader(Buffer.alloc(0)), undefined);
  t.is(readImageHeader(Buffer.from('a text file')), undefined);
  t.is(readImageHeader(Buffer.from([0xff, 0xd8, 0xff, 0xd9])), undefined);
});

test('AVIF, HEIC, JPEG XL and TIFF headers give the size', async (t) => {
  for (const [name, kind] of [
    ['av1.avif', 'heif'],
    ['hevc.heic', 'heif'],
    ['lossy.jxl', 'jxl'],
    ['container.jxl', 'jxl'],
  ] as const)
    t.like(readImageHeader(picture(name)), { kind, width: 91, height: 66 }, name);
  const avif = await plainImage(300, 200).avif().toBuffer();
  t.like(readImageHeader(avif), { kind: 'heif', width: 300, height: 200 });
  for (const orientation of [1, 3, 6]) {
    const tiff = await plainImage(300, 200).withMetadata({ orientation }).tiff().toBuffer();
    t.like(readImageHeader(tiff), { kind: 'tiff', width: 300, height: 200, orientation });
  }
});

test('a HEIC that its properties turn has the turned size of its primary picture', (t) => {
  const box = (type: string, ...content: (number[] | Buffer)[]) => {
    const body = Buffer.concat(content.map((part) => Buffer.from(part)));
    const head = Buffer.alloc(8);
    head.writeUInt32BE(body.length + 8);
    head.write(type, 4, 'latin1');
    return Buffer.concat([head, body]);
  };
  const size = (width: number, height: number) =>
    box('ispe', [0, 0, 0, 0, 0, 0, width >> 8, width & 255, 0, 0, height >> 8, height & 255]);
  const properties = box('ipco', size(160, 120), size(4000, 3000), box('irot', [3]));
  // Item 1 is a thumbnail; item 2 has the second and the third property.
  const associations = box('ipma', [0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 1, 0x81, 0, 2, 2, 0x82, 0x83]);
  const meta = box(
    'meta',
    [0, 0, 0, 0],
    box('pitm', [0, 0, 0, 0, 0, 2]),
    box('iprp', properties, associations),
  );
  const heic = Buffer.concat([box('ftyp', Buffer.from('heic\0\0\0\0mif1')), meta]);
  t.like(readImageHeader(heic), { kind: 'heif', width: 3000, height: 4000, orientation: 1 });
});

test('no input makes the reader throw', (t) => {
  const starts = [
    'ffd8ffe1',
    '89504e470d0a1a0a0000000d49484452',
    '52494646ffffffff57454250',
    '474946383961',
    '424d',
    '49492a0008000000',
    'ff0a',
    '0000000c4a584c200d0a870a',
    '00000010667479706865696300000000',
  ];
  fc.assert(
    fc.property(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 400 }), (start, rest) => {
      readImageHeader(Buffer.concat([Buffer.from(start, 'hex'), rest]));
    }),
  );
  t.pass();
});

test('a header truncated at any length is read as far as it goes or not at all, and never throws', async (t) => {
  for (const format of ['jpeg', 'png', 'webp'] as const) {
    const whole = await plainImage(300, 200)
      .withMetadata({ orientation: 6 })
      .toFormat(format)
      .toBuffer();
    for (let length = 0; length < Math.min(whole.length, 2_000); length++) {
      const header = readImageHeader(whole.subarray(0, length));
      if (header) t.like(header, { width: 300, height: 200 });
    }
  }
  t.is(readImageHeader(Buffer.alloc(0)), undefined);
});
