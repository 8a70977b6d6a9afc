import test from 'ava';
import sharp from 'sharp';
import type { Problem } from '../../../../core/contract/problem.js';
import { ApiClient } from '../../../support/api-client.js';
import { pngBomb } from '../../../support/hostile/png-bombs.js';
import { startRelay } from '../../../support/relay.js';
import { renderScene } from '../../../support/render-scene.js';

test('an address has a quota of uploads and one of all other requests', async (t) => {
  const relay = await startRelay(['demo={ uploadsPerMinute: 3, requestsPerMinute: 5 }']);
  t.teardown(relay.stop);
  const api = await ApiClient.connect(relay.url);
  const { jpeg } = await renderScene({ width: 320, height: 180, seed: 1, signs: [] });
  const uploads = [];
  for (let i = 0; i < 4; i++) uploads.push(await api.upload<Problem>(t, jpeg));
  t.deepEqual(
    uploads.map(({ status }) => status),
    [200, 200, 200, 429],
  );
  const refused = uploads.at(-1);
  t.is(refused?.json.code, 'rate_limited');
  const seconds = Number(refused?.headers.get('Retry-After'));
  t.true(seconds >= 1 && seconds <= 60, `${seconds}`);

  const path = '/api/v1/objectdetection/image/01890000-0000-7000-8000-000000000000';
  for (const suffix of ['', '/processed', '/detections', '', ''])
    t.is((await api.get(t, path + suffix)).status, 404);
  t.is((await api.get(t, path)).status, 429);
  t.is((await api.delete(t, path)).status, 429);
  t.is((await api.get(t, '/readyz')).status, 200, 'a supervisor is never refused');
});

test('the DeepStack calls share the quota of uploads, and refuse in their own form', async (t) => {
  const relay = await startRelay(['demo.uploadsPerMinute=1']);
  t.teardown(relay.stop);
  const api = await ApiClient.connect(relay.url);
  const { jpeg } = await renderScene({ width: 320, height: 180, seed: 1, signs: [] });
  t.is((await api.upload(t, jpeg)).status, 200);
  const refused = await api.upload<{ success: boolean; error: string }>(
    t,
    jpeg,
    {},
    { path: '/v1/vision/detection' },
  );
  t.is(refused.status, 429);
  t.false(refused.json.success);
  t.regex(refused.json.error, /^rate_limited:/);
});

test('a search that would keep a worker busy for too long is refused, naming what to change', async (t) => {
  const relay = await startRelay(['demo={ uploadsPerMinute: 1000, workerSecondsPerMinute: 600 }']);
  t.teardown(relay.stop);
  const api = await ApiClient.connect(relay.url);
  const photo = (width: number, height: number) =>
    sharp({ create: { width, height, channels: 3, background: '#667788' } })
      .jpeg()
      .toBuffer();
  const large = await photo(8_000, 6_000);
  const all = ['face', 'eye', 'smile', 'full-body', 'upper-body', 'lower-body', 'cat-face'];
  const worst = {
    workingSize: '0',
    scaleFactor: '1.01',
    minSize: '1',
    orientations: ['0', '90', '180', '270'],
    detector: ['stop-sign', ...all],
  };
  const { status, json } = await api.upload<Problem>(t, large, worst);
  t.is(status, 400);
  t.is(json.code, 'invalid_parameter');
  const fields = json.errors?.map(({ path }) => path);
  t.deepEqual(fields, ['workingSize', 'scaleFactor', 'orientations', 'detector']);
  const prefer = { headers: { Prefer: 'respond-async' } };
  t.is((await api.upload(t, large, worst, prefer)).status, 400, 'nor later');

  const { json: first } = await api.upload<Problem>(t, large, { workingSize: '0' });
  const [only, ...others] = first.errors ?? [];
  t.deepEqual([only?.path, others.length], ['workingSize', 0]);
  const fits = /at most (\d+)/.exec(only?.message ?? '')?.[1] ?? '';
  t.is((await api.upload(t, large, { workingSize: fits })).status, 200, fits);

  t.is((await api.upload(t, large)).status, 200, 'as it is');
  const medium = await photo(4_000, 3_000);
  const reasonable: Record<string, string | string[]>[] = [
    { workingSize: '0' },
    { scaleFactor: '1.02' },
    { orientations: worst.orientations, detector: 'face-alt2' },
    { detector: worst.detector },
  ];
  for (const tuned of reasonable)
    t.is((await api.upload(t, medium, tuned)).status, 200, JSON.stringify(tuned));
});

test('an address whose images took their time of workers is refused, also for one that was cut off', async (t) => {
  const relay = await startRelay([
    'demo={ uploadsPerMinute: 1000, workerSecondsPerMinute: 1 }',
    'detection={ workers: 1, deadlineSeconds: 2 }',
  ]);
  t.teardown(relay.stop);
  const api = await ApiClient.connect(relay.url);
  const { jpeg } = await renderScene({ width: 320, height: 180, seed: 1, signs: [] });
  t.not((await api.upload(t, jpeg)).status, 429);
  // Each costs a worker a second or two, or most of one.
  const dear = (i: number) =>
    pngBomb({ width: 7_000 - i, height: 7_000, type: 6, bits: 16, interlaced: true });
  const search = { workingSize: '4000', scaleFactor: '1.2' };
  const codes = [];
  for (let i = 0; i < 5 && codes.at(-1) !== 'rate_limited'; i++)
    codes.push((await api.upload<Problem>(t, dear(i), search)).json.code ?? 'ok');
  t.true(
    codes.slice(0, -1).every((code) => ['ok', 'detection_timeout'].includes(code)),
    `${codes}`,
  );
  t.is(codes.at(-1), 'rate_limited');
  const { status, json, headers } = await api.upload<Problem>(t, jpeg);
  t.is(status, 429);
  t.is(json.code, 'rate_limited');
  t.regex(json.detail ?? '', /^The worker time of this address is used up: 1 s per minute/);
  t.true(Number(headers.get('Retry-After')) >= 1);
  const later = await api.upload<Problem>(t, jpeg, {}, { headers: { Prefer: 'respond-async' } });
  t.is(later.status, 429, 'nor later');
});

test('an address may store so many bytes, and what is refused is not counted', async (t) => {
  const relay = await startRelay(['demo={ uploadsPerMinute: 1000, storedMegabytes: 1 }']);
  t.teardown(relay.stop);
  const api = await ApiClient.connect(relay.url);
  const { jpeg } = await renderScene({ width: 320, height: 180, seed: 1, signs: [] });
  // Bytes behind the end of a picture that are part of the file.
  const padded = (i: number) => {
    const comment = Buffer.alloc(60_000, i);
    comment.writeUInt32BE(0xfffeea5e);
    const parts = Array.from({ length: 5 }, () => comment);
    return Buffer.concat([jpeg.subarray(0, 2), ...parts, jpeg.subarray(2)]);
  };
  t.is((await api.upload(t, padded(0).subarray(0, 200_000))).status, 422);
  for (let i = 1; i <= 3; i++) t.is((await api.upload(t, padded(i))).status, 200, `${i}`);
  const refused = await api.upload<Problem>(t, padded(4));
  t.is(refused.status, 429);
  t.regex(refused.json.detail ?? '', /^The storage of this address is used up: 1 MB per 60 min/);
  t.is((await api.upload(t, jpeg)).status, 200, 'a smaller one fits');
});
