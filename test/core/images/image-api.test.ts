import { createHash } from 'node:crypto';
import anyTest, { type TestFn } from 'ava';
import sharp from 'sharp';
import type { ImagePage, ImageResult } from '../../../core/contract/image.js';
import type { Problem } from '../../../core/contract/problem.js';
import { ApiClient } from '../../support/api-client.js';
import { type RunningEdge, startEdge } from '../../support/edge.js';
import { renderScene } from '../../support/render-scene.js';

type Analysed = Extract<ImageResult, { status: 'OK' }>;

const test = anyTest as TestFn<{ edge: RunningEdge; api: ApiClient }>;
const IMAGE = '/api/v1/objectdetection/image';

const withSign = (seed: number) =>
  renderScene({ width: 640, height: 360, seed, signs: [{ cx: 200, cy: 150, size: 110 }] });
const without = (seed: number) => renderScene({ width: 480, height: 270, seed, signs: [] });

test.before(async (t) => {
  const edge = await startEdge();
  t.context = { edge, api: await ApiClient.connect(edge.url, edge.adminToken) };
});

test.after.always(async (t) => {
  await t.context.edge?.stop();
});

test('an uploaded sign is found, and everything about it can be fetched', async (t) => {
  const { api } = t.context;
  const { jpeg } = await withSign(1);
  const { status, json } = await api.upload<Analysed>(t, jpeg);
  t.is(status, 200);
  t.is(json.status, 'OK');
  t.false(json.cached);
  t.is(json.detections.length, 1);
  t.like(json.detections[0], { label: 'stop sign', detector: 'stop-sign' });
  t.like(json.image, { width: 640, height: 360, mediaType: 'image/jpeg', bytes: jpeg.length });
  t.is(json.image.sha256, createHash('sha256').update(jpeg).digest('hex'));

  const original = await api.get(t, json.image.links.original);
  t.deepEqual(original.bytes, jpeg);
  t.is(original.type, 'image/jpeg');

  const processed = await api.get(t, json.image.links.processed);
  t.is(processed.type, 'image/jpeg');
  t.like(await sharp(processed.bytes).metadata(), { width: 640, height: 360, format: 'jpeg' });
  t.notDeepEqual(processed.bytes, jpeg);

  const again = await api.get<Analysed>(t, json.image.links.detections);
  t.deepEqual(again.json.detections, json.detections);
});

test('the processed form of an image without detections is the image itself', async (t) => {
  const { api } = t.context;
  const { jpeg } = await without(2);
  const { json } = await api.upload<Analysed>(t, jpeg);
  t.deepEqual(json.detections, []);
  t.deepEqual((await api.get(t, json.image.links.processed)).bytes, jpeg);
});

test('the same bytes with the same parameters are answered from the stored result', async (t) => {
  const { api } = t.context;
  const { jpeg } = await withSign(3);
  const first = await api.upload<Analysed>(t, jpeg);
  const second = await api.upload<Analysed>(t, jpeg);
  t.true(second.json.cached);
  t.not(second.json.image.id, first.json.image.id);
  t.deepEqual(second.json.detections, first.json.detections);
  const other = await api.upload<Analysed>(t, jpeg, { minNeighbors: '4' });
  t.false(other.json.cached);
  t.like(other.json.detectors[0]?.parameters, { minNeighbors: 4 });
});

test('a result with very many windows holds a thousand, and says how many it omits', async (t) => {
  const { api } = t.context;
  const signs = [110, 330, 560].flatMap((cx) => [130, 400].map((cy) => ({ cx, cy, size: 120 })));
  const { jpeg } = await renderScene({ width: 800, height: 600, seed: 7, signs });
  const every = { minNeighbors: '0', scaleFactor: '1.02' };
  const { json } = await api.upload<Analysed>(t, jpeg, every);
  t.is(json.detections.length, 1_000);
  t.true((json.omitted ?? 0) > 0);
  const stored = await api.get<Analysed>(t, json.image.links.detections);
  t.is(stored.json.omitted, json.omitted);
  const { json: page } = await api.get<ImagePage>(t, `${IMAGE}?limit=500`);
  t.is(page.images.find(({ id }) => id === json.image.id)?.omitted, json.omitted);
});

test('removing one of two uploads of the same bytes leaves the other one intact', async (t) => {
  const { api } = t.context;
  const { jpeg } = await withSign(4);
  const first = await api.upload<Analysed>(t, jpeg);
  const second = await api.upload<Analysed>(t, jpeg);
  t.is((await api.delete(t, first.json.image.links.original)).status, 200);
  for (const link of Object.values(first.json.image.links))
    t.is((await api.get(t, link)).status, 404);
  t.is((await api.delete(t, first.json.image.links.original)).status, 404);
  t.deepEqual((await api.get(t, second.json.image.links.original)).bytes, jpeg);
  t.is((await api.get(t, second.json.image.links.processed)).status, 200);
  t.is((await api.delete(t, second.json.image.links.original)).status, 200);
  t.false((await api.upload<Analysed>(t, jpeg)).json.cached, 'nothing of it is left');
});

test('a processed form that was removed is drawn again', async (t) => {
  const { api } = t.context;
  const { json } = await api.upload<Analysed>(t, (await withSign(5)).jpeg);
  const before = await api.get(t, json.image.links.processed);
  t.is((await api.delete(t, json.image.links.processed)).status, 200);
  t.deepEqual((await api.get(t, json.image.links.processed)).bytes, before.bytes);
});

test('an upload with respond-async is pending, and its processed form waits for the analysis', async (t) => {
  const { api } = t.context;
  const { jpeg } = await withSign(6);
  const prefer = { headers: { Prefer: 'respond-async' } };
  const { status, json, headers } = await api.upload<ImageResult>(t, jpeg, {}, prefer);
  t.is(status, 202);
  t.is(json.status, 'PENDING');
  t.is(headers.get('Location'), json.image.links.detections);
  const processed = await api.get(t, json.image.links.processed);
  t.is(processed.status, 200);
  const result = await api.get<Analysed>(t, json.image.links.detections);
  t.is(result.json.status, 'OK');
  t.is(result.json.detections.length, 1);
});

test('a pending upload that cannot be analysed says why', async (t) => {
  const { api } = t.context;
  const { jpeg } = await without(7);
  const broken = jpeg.subarray(0, Math.floor(jpeg.length / 2));
  const prefer = { headers: { Prefer: 'respond-async' } };
  const { json } = await api.upload<ImageResult>(t, broken, {}, prefer);
  t.is((await api.get(t, json.image.links.processed)).status, 422);
  const result = await api.get<ImageResult>(t, json.image.links.detections);
  if (result.json.status !== 'FAILED') return t.fail('it should have failed');
  t.is(result.json.problem.code, 'image_damaged');
});

test('a client that has the image already is not sent it again, and can request a range', async (t) => {
  const { api } = t.context;
  const { jpeg } = await without(8);
  const { json } = await api.upload<Analysed>(t, jpeg);
  const link = json.image.links.original;
  const { headers } = await api.get(t, link);
  const tag = headers.get('ETag') ?? '';
  t.is((await api.get(t, link, { 'If-None-Match': tag })).status, 304);
  const modified = headers.get('Last-Modified') ?? '';
  t.is((await api.get(t, link, { 'If-Modified-Since': modified })).status, 304);
  const part = await api.get(t, link, { Range: 'bytes=10-19' });
  t.is(part.status, 206);
  t.is(part.headers.get('Content-Range'), `bytes 10-19/${jpeg.length}`);
  t.deepEqual(part.bytes, jpeg.subarray(10, 20));
  t.is((await api.get(t, link, { Range: `bytes=${jpeg.length}-` })).status, 416);
  const more = await api.get(t, link, { Range: 'bytes=-99999999' });
  t.is(more.headers.get('Content-Range'), `bytes 0-${jpeg.length - 1}/${jpeg.length}`);
  t.deepEqual(more.bytes, jpeg);
  t.is((await api.get(t, link, { Range: 'bytes=-0' })).status, 416);
  const [path = '', id = ''] = [link.slice(0, link.lastIndexOf('/')), link.split('/').pop()];
  t.is((await api.get(t, `${path}/${id.toUpperCase()}`)).status, 200);
  const stale = await api.get(t, link, { Range: 'bytes=0-9', 'If-Range': '"another"' });
  t.is(stale.status, 200);
});

test.serial('images are listed newest first, a page at a time, by label and time', async (t) => {
  const { api } = t.context;
  const from = new Date().toISOString();
  const signs = await Promise.all([11, 12, 13].map((seed) => withSign(seed)));
  const ids: string[] = [];
  for (const { jpeg } of signs) ids.push((await api.upload<Analysed>(t, jpeg)).json.image.id);
  await api.upload(t, (await without(14)).jpeg);

  const first = await api.get<ImagePage>(t, `${IMAGE}?limit=2&label=stop%20sign&from=${from}`);
  t.deepEqual(
    first.json.images.map(({ id }) => id),
    [ids[2], ids[1]],
  );
  const rest = await api.get<ImagePage>(
    t,
    `${IMAGE}?limit=2&label=stop%20sign&from=${from}&after=${first.json.next}`,
  );
  t.is(rest.json.images[0]?.id, ids[0]);
  t.is(rest.json.next, null);
  const unknown = await api.get<Problem>(t, `${IMAGE}?camera=none&label=stop-sign`);
  t.like(unknown, { status: 400, json: { code: 'invalid_parameter' } });
  t.deepEqual(
    unknown.json.errors?.map(({ path }) => path),
    ['camera', 'label'],
  );
  t.is(unknown.json.errors?.[0]?.message, 'there is no camera "none". There are none.');
  t.regex(unknown.json.errors?.[1]?.message ?? '', /Did you mean "stop sign"\? Valid: .*stop sign/);
  // A detector has the label, but it was not found yet.
  t.deepEqual((await api.get<ImagePage>(t, `${IMAGE}?label=smile`)).json.images, []);
  t.deepEqual((await api.get<ImagePage>(t, `${IMAGE}?to=${from}&from=${from}`)).json.images, []);
});

test('labels and a confidence filter what is found, and are a search of their own', async (t) => {
  const { api } = t.context;
  const { jpeg } = await withSign(21);
  const detections = async (fields: Record<string, string | string[]>) => {
    const { status, json } = await api.upload<Analysed>(t, jpeg, fields);
    t.is(status, 200);
    return json.detections;
  };
  const [sign] = await detections({});
  if (!sign) return t.fail();
  const { confidence, neighbors } = sign;
  t.is(confidence, Number(((neighbors ?? 0) / ((neighbors ?? 0) + 5)).toFixed(4)));
  t.deepEqual(await detections({ minConfidence: String(confidence) }), [sign]);
  t.deepEqual(await detections({ minConfidence: String(confidence + 0.001) }), []);
  const both = ['stop-sign', 'face'];
  t.deepEqual(await detections({ detector: both, label: 'stop sign' }), [sign]);
  t.deepEqual(await detections({ detector: both, label: 'face' }), []);
  t.deepEqual(await detections({ tiles: '1' }), [sign]);
});

test('an invalid parameter is named', async (t) => {
  const { api } = t.context;
  const { jpeg } = await without(9);
  const wrong: [Record<string, string | string[]>, string, string][] = [
    [{ scaleFactor: '1' }, 'scaleFactor', 'invalid_parameter'],
    [{ minNeighbors: 'many' }, 'minNeighbors', 'invalid_parameter'],
    [{ minSize: ' ' }, 'minSize', 'invalid_parameter'],
    [{ orientations: ['0', '45'] }, 'orientations.1', 'invalid_parameter'],
    [{ workingSize: '10' }, 'workingSize', 'invalid_parameter'],
    [{ colour: 'red' }, 'colour', 'invalid_parameter'],
    [{ detector: 'unicorn' }, 'detector', 'unknown_detector'],
    [{ detector: 'yolox-nano' }, 'detector', 'unknown_detector'],
    [{ label: 'person' }, 'label', 'invalid_parameter'],
    [{ label: ['stop sign', 'a/b'] }, 'label.1', 'invalid_parameter'],
    [{ minConfidence: '1.5' }, 'minConfidence', 'invalid_parameter'],
    [{ tiles: '9x9' }, 'tiles', 'invalid_parameter'],
    [{ tiles: '2x2' }, 'tiles', 'invalid_parameter'],
  ];
  for (const [fields, path, code] of wrong) {
    const { status, json } = await api.upload<Problem>(t, jpeg, fields);
    t.is(status, 400, path);
    t.is(json.code, code as Problem['code']);
    t.is(json.errors?.[0]?.path, path);
  }
  for (const query of [
    'limit=0',
    'limit=x',
    'limit=1&limit=2',
    'after=../etc',
    'from=yesterday',
    'page=2',
  ])
    t.is((await api.get<Problem>(t, `${IMAGE}?${query}`)).json.code, 'invalid_parameter', query);
  t.is((await api.get<Problem>(t, `${IMAGE}/42`)).json.code, 'invalid_parameter');
  const unknown = '01890000-0000-7000-8000-000000000000';
  t.is((await api.get<Problem>(t, `${IMAGE}/${unknown}`)).json.code, 'not_found');
});

test('an empty field, as browser forms send it, is treated as absent', async (t) => {
  const { api } = t.context;
  const { jpeg } = await without(10);
  const plain = await api.upload<Analysed>(t, jpeg);
  const empty = { detector: ['', ''], minSize: '', scaleFactor: '', orientations: ['', '0'] };
  const { status, json } = await api.upload<Analysed>(t, jpeg, empty);
  t.is(status, 200);
  t.true(json.cached, 'it is the same work');
  t.deepEqual(json.detectors, plain.json.detectors);
});
