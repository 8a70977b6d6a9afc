import { deflateSync } from 'node:zlib';
import anyTest, { type TestFn } from 'ava';
import sharp from 'sharp';
import type { ImageResult } from '../../../core/contract/image.js';
import type { Problem, ProblemCode } from '../../../core/contract/problem.js';
import { pngChunk } from '../../fakes/damaged-pictures.js';
import { ApiClient } from '../../support/api-client.js';
import { type RunningEdge, startEdge } from '../../support/edge.js';
import { renderScene } from '../../support/render-scene.js';

const test = anyTest as TestFn<{ edge: RunningEdge; api: ApiClient; photo: Buffer }>;
const IMAGE = '/api/v1/objectdetection/image';

test.before(async (t) => {
  const edge = await startEdge(['cameras=[{ id: door, kind: push }]']);
  const { jpeg: photo } = await renderScene({ width: 480, height: 270, seed: 1, signs: [] });
  t.context = { edge, api: await ApiClient.connect(edge.url, edge.adminToken), photo };
});

test.after.always(async (t) => {
  await t.context.edge?.stop();
});

/** A small PNG whose header claims any size. */
function pngThatClaims(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(Buffer.alloc(1000))),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Two frames: the second is the first upside down. */
const animation = (photo: Buffer): Promise<Buffer> =>
  Promise.all([photo, sharp(photo).flip().png().toBuffer()]).then((frames) =>
    sharp(frames, { join: { animated: true } })
      .webp()
      .toBuffer(),
  );

type Maker = (photo: Buffer) => Buffer | Promise<Buffer>;

const refusals: [string, Maker, number, ProblemCode][] = [
  ['an empty file', () => Buffer.alloc(0), 415, 'unsupported_image_kind'],
  ['a truncated JPEG', (p) => p.subarray(0, p.length / 2), 422, 'image_damaged'],
  ['a JPEG of nothing but its header', (p) => p.subarray(0, 30), 422, 'image_undecodable'],
  ['a PNG of 60,000 × 60,000', () => pngThatClaims(60_000, 60_000), 413, 'too_many_pixels'],
  ['a PNG with too little data', () => pngThatClaims(600, 600), 422, 'image_damaged'],
  ['a PNG without extent', () => pngThatClaims(0, 10), 422, 'image_undecodable'],
  ['a text', () => Buffer.from('This is no photograph at all.'), 415, 'unsupported_image_kind'],
  [
    'a GIF without a frame',
    () => Buffer.from('GIF89a\x01\x00\x01\x00\x00\x00\x00;'),
    422,
    'image_undecodable',
  ],
  [
    'an SVG',
    () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
    415,
    'unsupported_image_kind',
  ],
  ['an animated WebP', animation, 415, 'unsupported_image_kind'],
  ['a file of 30 MB', (p) => Buffer.concat([p, Buffer.alloc(30_000_000)]), 413, 'too_many_bytes'],
];

for (const [name, make, status, code] of refusals)
  test(`${name} named photo.jpg is refused with ${code}, and leaves nothing behind`, async (t) => {
    const { api, photo } = t.context;
    const answer = await api.upload<Problem>(t, await make(photo));
    t.is(answer.status, status);
    t.is(answer.type, 'application/problem+json');
    t.is(answer.json.code, code);
    t.is((await api.get(t, '/readyz')).status, 200);
  });

test('a good JPEG after one of garbage is answered as usual', async (t) => {
  const { api, photo } = t.context;
  const garbage = Buffer.concat([photo.subarray(0, 700), Buffer.alloc(5_000, 0x5a)]);
  const refused = await api.upload<Problem>(t, garbage);
  t.is(refused.status, 422);
  t.is((await api.upload<ImageResult>(t, photo)).status, 200);
});

test('the wrong field, two files, no file and no form have different errors', async (t) => {
  const { api, photo } = t.context;
  const misnamed = await api.upload<Problem>(t, photo, {}, { file: { field: 'picture' } });
  t.is(misnamed.json.code, 'unexpected_file');
  t.is(misnamed.json.errors?.[0]?.path, 'picture');

  const two = new FormData();
  for (const name of ['a.jpg', 'b.jpg'])
    two.append('image', new Blob([new Uint8Array(photo)]), name);
  t.is((await api.call<Problem>(t, 'POST', IMAGE, { body: two })).json.code, 'unexpected_file');

  const none = new FormData();
  none.append('detector', 'stop-sign');
  t.is((await api.call<Problem>(t, 'POST', IMAGE, { body: none })).json.code, 'missing_image');

  const raw = { body: new Uint8Array(photo), headers: { 'Content-Type': 'image/jpeg' } };
  t.is((await api.call<Problem>(t, 'POST', IMAGE, raw)).status, 415);

  const headers = { 'Content-Type': 'multipart/form-data' };
  const noBoundary = await api.call<Problem>(t, 'POST', IMAGE, { body: 'x', headers });
  t.is(noBoundary.json.code, 'invalid_request');
  const cut = {
    body: '--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\nabc',
    headers: { 'Content-Type': 'multipart/form-data; boundary=b' },
  };
  t.is((await api.call<Problem>(t, 'POST', IMAGE, cut)).json.code, 'invalid_request');
  const nul = await api.upload<Problem>(t, photo, {}, { file: { name: 'a\u0000.png' } });
  t.is(nul.json.code, 'invalid_request');
});

const ODD_NAMES = ['a[4294967294]', 'a[99999999][99999999]', 'detector[]', 'a[b]', '[0]'];
const forms = [IMAGE, '/v1/vision/detection', '/v1/vision/custom/stop-sign'];
for (const path of forms)
  test(`${path} does not parse lists and objects from field names`, async (t) => {
    const { api, photo } = t.context;
    for (const name of ODD_NAMES) {
      const many = Array.from({ length: 30 }, () => 'x');
      const { status, bytes } = await api.upload(t, photo, { [name]: many }, { path });
      t.is(status, 400, name);
      t.true(bytes.includes('invalid_parameter'), name);
    }
    t.is((await api.get(t, '/healthz')).status, 200);
  });

test('the form of a camera is taken whatever its fields are called, and none of them is read', async (t) => {
  const { api, photo } = t.context;
  const path = '/api/v1/cameras/door/snapshots';
  for (const name of ODD_NAMES) {
    const many = Array.from({ length: 30 }, () => 'x');
    t.is((await api.upload(t, photo, { [name]: many }, { path })).status, 200, name);
  }
  t.is((await api.get(t, '/healthz')).status, 200);
});

test('a file name is ignored', async (t) => {
  const { api, photo } = t.context;
  for (const name of ['../../../etc/passwd', 'C:\\boot.ini', 'photo.exe', '.'.repeat(300)]) {
    const { status, json } = await api.upload<ImageResult>(
      t,
      photo,
      {},
      { file: { name, type: 'text/html' } },
    );
    t.is(status, 200, name);
    t.is(json.image.mediaType, 'image/jpeg');
    const original = await api.get(t, json.image.links.original);
    t.is(original.type, 'image/jpeg');
    t.is(original.headers.get('X-Content-Type-Options'), 'nosniff');
  }
});
