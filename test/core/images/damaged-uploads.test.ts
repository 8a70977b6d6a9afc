import anyTest, { type TestFn } from 'ava';
import sharp from 'sharp';
import type { ImagePage, ImageResult } from '../../../core/contract/image.js';
import type { Problem } from '../../../core/contract/problem.js';
import {
  damagedJpegs,
  jpegWithOrientation,
  picture,
  pngWithChunk,
  pngWithWrongChecksum,
  wholeJpegs,
} from '../../fakes/damaged-pictures.js';
import { ApiClient } from '../../support/api-client.js';
import { type RunningEdge, startEdge } from '../../support/edge.js';
import { renderScene } from '../../support/render-scene.js';

type Analysed = Extract<ImageResult, { status: 'OK' }>;

const test = anyTest as TestFn<{ edge: RunningEdge; api: ApiClient; jpeg: Buffer }>;
const IMAGE = '/api/v1/objectdetection/image';

test.before(async (t) => {
  const edge = await startEdge();
  const scene = { width: 640, height: 360, seed: 1, signs: [{ cx: 200, cy: 110, size: 110 }] };
  const { jpeg } = await renderScene(scene);
  t.context = { edge, api: await ApiClient.connect(edge.url, edge.adminToken), jpeg };
});

test.after.always(async (t) => {
  await t.context.edge?.stop();
});

test('a whole JPEG is searched with the same result, whatever stands around and between its segments', async (t) => {
  const { api, jpeg } = t.context;
  const plain = await api.upload<Analysed>(t, jpeg);
  t.is(plain.json.detections.length, 1);
  for (const [how, change] of Object.entries(wholeJpegs)) {
    const { status, json } = await api.upload<Analysed>(t, change(jpeg));
    t.is(status, 200, how);
    t.deepEqual(json.detections, plain.json.detections, how);
    t.is(json.damaged, undefined, how);
  }
});

test('the stored bytes begin with the picture', async (t) => {
  const { api, jpeg } = t.context;
  const { json } = await api.upload<Analysed>(t, Buffer.concat([Buffer.from('\r\n\r\n'), jpeg]));
  t.deepEqual((await api.get(t, json.image.links.original)).bytes, jpeg);
});

test('a JPEG of which a part is missing is refused, and the answer says how much is whole', async (t) => {
  const { api, jpeg } = t.context;
  for (const [how, change] of Object.entries(damagedJpegs)) {
    const { status, json } = await api.upload<Problem>(t, change(jpeg));
    t.is(status, 422, how);
    t.is(json.code, 'image_damaged', how);
    t.regex(json.detail ?? '', /^The image is damaged: \d\d? % of it is whole \(.+\)\.$/, how);
  }
});

test('a request may accept damaged images; the result says so wherever it is shown', async (t) => {
  const { api, jpeg } = t.context;
  const half = damagedJpegs['90 % and an end marker']?.(jpeg) ?? jpeg;
  t.is((await api.upload<Problem>(t, half)).json.code, 'image_damaged');
  const { status, json } = await api.upload<Analysed>(t, half, { damaged: 'accept' });
  t.is(status, 200);
  t.true(json.damaged);
  t.is(json.detections.length, 1);
  const again = await api.get<Analysed>(t, json.image.links.detections);
  t.true(again.json.damaged);
  const page = await api.get<ImagePage>(t, IMAGE);
  t.true(page.json.images.find(({ id }) => id === json.image.id)?.damaged);
  t.is((await api.get(t, json.image.links.processed)).type, 'image/jpeg');
  // The result of the request that accepted it is none for one that does not.
  t.is((await api.upload<Problem>(t, half)).json.code, 'image_damaged');
  t.is((await api.upload<Problem>(t, half, { damaged: 'refuse' })).json.code, 'image_damaged');
  const unknown = await api.upload<Problem>(t, half, { damaged: 'maybe' });
  t.is(unknown.json.code, 'invalid_parameter');
});

test('the query may accept damaged images, too', async (t) => {
  const { api, jpeg } = t.context;
  const half = damagedJpegs['50 % and an end marker']?.(jpeg) ?? jpeg;
  const path = `${IMAGE}?damaged=accept`;
  const { status, json } = await api.upload<Analysed>(t, half, {}, { path });
  t.is(status, 200);
  t.true(json.damaged);
  t.is((await api.upload(t, half, {}, { path: `${IMAGE}?damaged=maybe` })).status, 400);
});

test('a whole image is not marked as damaged where damaged ones are accepted', async (t) => {
  const { api, jpeg } = t.context;
  const { json } = await api.upload<Analysed>(t, jpeg, { damaged: 'accept' });
  t.is(json.damaged, undefined);
  t.is(json.detections.length, 1);
});

test('a pending upload keeps what its request accepts', async (t) => {
  const { api, jpeg } = t.context;
  const half = damagedJpegs['99 % and an end marker']?.(jpeg) ?? jpeg;
  const prefer = { headers: { Prefer: 'respond-async' } };
  const { json } = await api.upload<ImageResult>(t, half, { damaged: 'accept' }, prefer);
  t.is((await api.get(t, json.image.links.processed)).status, 200);
  const result = await api.get<Analysed>(t, json.image.links.detections);
  t.true(result.json.damaged);
});

test('DeepStack clients are told that an image is damaged', async (t) => {
  const { api, jpeg } = t.context;
  const half = damagedJpegs['50 % and an end marker']?.(jpeg) ?? jpeg;
  const answer = await api.upload<{ success: boolean; error: string }>(
    t,
    half,
    {},
    {
      path: '/v1/vision/detection',
    },
  );
  t.false(answer.json.success);
  t.regex(answer.json.error, /^image_damaged: /);
});

test('a PNG with a wrong checksum of its pixels is refused; of a comment, it is searched', async (t) => {
  const { api, jpeg } = t.context;
  const png = await sharp(jpeg).png().toBuffer();
  for (const type of ['IHDR', 'IDAT']) {
    const { json } = await api.upload<Problem>(t, pngWithWrongChecksum(png, type));
    t.is(json.code, 'image_damaged', type);
  }
  const noted = pngWithChunk(png, 'tEXt', Buffer.from('Comment\0noon'));
  const { status, json } = await api.upload<Analysed>(t, pngWithWrongChecksum(noted, 'tEXt'));
  t.is(status, 200);
  t.is(json.detections.length, 1);
});

test('PNG, WebP, GIF and BMP files that end early are refused', async (t) => {
  const { api } = t.context;
  for (const name of ['rgb.png', 'lossy.webp', 'lossless.webp', 'plain.gif', '8-bit.bmp']) {
    const bytes = picture(name);
    const half = await api.upload<Problem>(t, bytes.subarray(0, Math.floor(bytes.length * 0.7)));
    t.is(half.json.code, 'image_damaged', name);
    t.is((await api.upload(t, bytes)).status, 200, name);
  }
});

test('an EXIF orientation that is stored as LONG turns the image, in both byte orders', async (t) => {
  const { api, jpeg } = t.context;
  const lying = await sharp(jpeg).rotate(270).jpeg({ quality: 95 }).toBuffer();
  for (const order of ['II', 'MM'] as const) {
    const bytes = jpegWithOrientation(lying, 6, { order, type: 4 });
    const { json } = await api.upload<Analysed>(t, bytes);
    t.like(json.image, { width: 640, height: 360 });
    t.is(json.detections.length, 1, order);
  }
});

for (const kind of ['gif', 'bmp', 'tiff', 'avif'] as const)
  test(`a sign is found in a ${kind}, and the image can be fetched again`, async (t) => {
    const { api, jpeg } = t.context;
    const bytes = await (kind === 'bmp' ? bitmapOf(jpeg) : sharp(jpeg).toFormat(kind).toBuffer());
    const { status, json } = await api.upload<Analysed>(t, bytes);
    t.is(status, 200);
    t.is(json.detections.length, 1);
    t.like(json.image, { mediaType: `image/${kind}`, width: 640, height: 360 });
    const original = await api.get(t, json.image.links.original);
    t.is(original.type, `image/${kind}`);
    t.deepEqual(original.bytes, bytes);
    t.is((await api.get(t, json.image.links.processed)).type, 'image/jpeg');
  });

test('HEIC and JPEG XL are decoded', async (t) => {
  const { api } = t.context;
  for (const [name, mediaType] of [
    ['hevc.heic', 'image/heic'],
    ['lossy.jxl', 'image/jxl'],
    ['container.jxl', 'image/jxl'],
  ] as const) {
    const { status, json } = await api.upload<Analysed>(t, picture(name));
    t.is(status, 200, name);
    t.like(json.image, { mediaType, width: 91, height: 66 }, name);
  }
});

test('parts of the rarer kinds are refused', async (t) => {
  const { api, jpeg } = t.context;
  const tiff = await sharp(jpeg).tiff({ compression: 'lzw' }).toBuffer();
  const files = [picture('av1.avif'), picture('hevc.heic'), picture('lossy.jxl'), tiff];
  for (const bytes of files) {
    const half = await api.upload<Problem>(t, bytes.subarray(0, Math.floor(bytes.length * 0.8)));
    t.is(half.status, 422);
    t.true(['image_damaged', 'image_undecodable'].includes(half.json.code));
  }
});

test('the orientation of a TIFF turns it', async (t) => {
  const { api, jpeg } = t.context;
  const turned = sharp(jpeg).rotate(270).withMetadata({ orientation: 6 });
  const { json } = await api.upload<Analysed>(t, await turned.tiff().toBuffer());
  t.like(json.image, { mediaType: 'image/tiff', width: 640, height: 360 });
  t.is(json.detections.length, 1);
});

test('of an animated GIF the first frame is searched', async (t) => {
  const { api, jpeg } = t.context;
  const frames = [jpeg, await sharp(jpeg).negate().toBuffer()];
  const gif = await sharp(frames, { join: { animated: true } })
    .gif()
    .toBuffer();
  const { json } = await api.upload<Analysed>(t, gif);
  t.like(json.image, { width: 640, height: 360 });
  t.is(json.detections.length, 1);
});

test('an image of another kind is refused with the kinds that are accepted', async (t) => {
  const { api } = t.context;
  const { status, json } = await api.upload<Problem>(t, Buffer.from('%PDF-1.7 no picture'));
  t.is(status, 415);
  t.regex(json.detail ?? '', /JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF, HEIC, JPEG XL\.$/);
});

/** As programs on Windows write it: 24 bits, from the bottom. */
async function bitmapOf(jpeg: Buffer): Promise<Buffer> {
  const { data, info } = await sharp(jpeg).flip().raw().toBuffer({ resolveWithObject: true });
  const header = Buffer.alloc(54);
  header.write('BM', 'latin1');
  header.writeUInt32LE(54 + data.length, 2);
  header.writeUInt32LE(54, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(info.width, 18);
  header.writeInt32LE(info.height, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(24, 28);
  const pixels = Buffer.from(data);
  for (let at = 0; at < pixels.length; at += 3) {
    pixels[at] = data[at + 2] ?? 0;
    pixels[at + 2] = data[at] ?? 0;
  }
  return Buffer.concat([header, pixels]);
}
