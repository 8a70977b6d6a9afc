import test from 'ava';
import { v7 as uuid } from 'uuid';
import type { Analysis } from '../../../core/contract/detection.js';
import type { ImageResult } from '../../../core/contract/image.js';
import { openSqlite } from '../../../core/store/database.js';
import { ApiClient } from '../../support/api-client.js';
import { startEdge } from '../../support/edge.js';
import { renderScene } from '../../support/render-scene.js';

type Analysed = Extract<ImageResult, { status: 'OK' }>;
interface Recent {
  detections: { image: string }[];
}

test('the newest detections are those of as many images as they take', async (t) => {
  const edge = await startEdge();
  t.teardown(edge.stop);
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  const signs = [{ cx: 200, cy: 120, size: 90 }];
  const { jpeg } = await renderScene({ width: 480, height: 270, seed: 1, signs });
  const { image } = (await api.upload<Analysed>(t, jpeg)).json;
  const db = openSqlite(`${edge.dataFolder}/edge.db`);
  t.teardown(() => db.close());
  const columns = 'sha256, analysis_key, camera, created_at, expires_at, plan, failure';
  const copies = Array.from({ length: 29 }, () => uuid());
  for (const id of copies) {
    db.prepare(
      `insert into image (id, ${columns}) select ?, ${columns} from image where id = ?`,
    ).run(id, image.id);
    db.prepare('insert into image_label (label, image) values (?, ?)').run('stop sign', id);
  }
  const newest = [...copies, image.id].sort().reverse();
  const recent = async (limit: number) =>
    (await api.get<Recent>(t, `/api/v1/detections?limit=${limit}`)).json.detections.map(
      (one) => one.image,
    );
  t.deepEqual(await recent(500), newest);
  t.deepEqual(await recent(20), newest.slice(0, 20));

  const [stored] = db.prepare('select result from analysis').pluck().all() as string[];
  const analysis = JSON.parse(stored ?? '') as Analysis;
  const result = JSON.stringify({
    ...analysis,
    detections: Array(200).fill(analysis.detections[0]),
  });
  db.prepare('update analysis set result = ?').run(result);
  const images = await recent(500);
  t.is(images.length, 500);
  t.deepEqual([...new Set(images)], newest.slice(0, 3));
});
