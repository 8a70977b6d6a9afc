import test from 'ava';
import { v7 as uuid } from 'uuid';
import type { Analysis } from '../../../core/contract/detection.js';
import type { ImagePage, ImageResult } from '../../../core/contract/image.js';
import { ApiClient } from '../../support/api-client.js';
import { startRelay } from '../../support/relay.js';
import { renderScene } from '../../support/render-scene.js';

type Analysed = Extract<ImageResult, { status: 'OK' }>;
const IMAGE = '/api/v1/objectdetection/image';
const COPIES = 60;

test('a page of images with many detections ends before its limit, and the next ones have the rest', async (t) => {
  const relay = await startRelay();
  t.teardown(relay.stop);
  const api = await ApiClient.connect(relay.url, relay.adminToken);
  const signs = [{ cx: 200, cy: 120, size: 90 }];
  const { jpeg } = await renderScene({ width: 480, height: 270, seed: 1, signs });
  const { image } = (await api.upload<Analysed>(t, jpeg)).json;
  const { db } = relay.images.store;
  const row = await db
    .selectFrom('image')
    .selectAll()
    .where('id', '=', image.id)
    .executeTakeFirstOrThrow();
  const stored = await db
    .selectFrom('analysis')
    .select('result')
    .where('key', '=', row.analysis_key)
    .executeTakeFirstOrThrow();
  const analysis = JSON.parse(stored.result) as Analysis;
  const [sign] = analysis.detections;
  if (!sign) return t.fail('nothing was found');
  const result = JSON.stringify({ ...analysis, detections: Array(1_000).fill(sign) });
  await db.updateTable('analysis').set({ result }).where('key', '=', row.analysis_key).execute();
  const copies = Array.from({ length: COPIES }, () => ({ ...row, id: uuid() }));
  await db.insertInto('image').values(copies).execute();

  const seen: string[] = [];
  let pages = 0;
  for (let after: string | null = ''; after !== null; pages++) {
    const query: string = `limit=500${after && `&after=${after}`}`;
    const { bytes, json } = await api.get<ImagePage>(t, `${IMAGE}?${query}`);
    // The image that passes the bound is the last one of its page.
    t.true(Buffer.byteLength(bytes) < 2 * 1024 ** 2 + 2 * result.length, `${bytes.length} bytes`);
    seen.push(...json.images.map(({ id }) => id));
    after = json.next;
  }
  t.true(pages > 2);
  t.deepEqual(seen, [...copies.map(({ id }) => id), row.id].sort().reverse());
});
