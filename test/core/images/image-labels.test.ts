import { join } from 'node:path';
import test from 'ava';
import { sql } from 'kysely';
import type { ImagePage, ImageResult } from '../../../core/contract/image.js';
import { createImageLabelTable } from '../../../core/images/image-label-table.js';
import { imageTable } from '../../../core/images/image-table.js';
import { createImageTables, type ImageTables } from '../../../core/images/tables.js';
import { openDatabase } from '../../../core/store/database.js';
import { ApiClient } from '../../support/api-client.js';
import { startEdge } from '../../support/edge.js';
import { eventually } from '../../support/eventually.js';
import { renderScene } from '../../support/render-scene.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

type Analysed = Extract<ImageResult, { status: 'OK' }>;
const IMAGE = '/api/v1/objectdetection/image';

test('an image is listed by its label from its analysis until its removal, however it was analysed', async (t) => {
  const edge = await startEdge();
  t.teardown(edge.stop);
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  const scene = (seed: number) =>
    renderScene({ width: 480, height: 270, seed, signs: [{ cx: 200, cy: 120, size: 90 }] });
  const listed = async (label = 'stop sign') => {
    const query = new URLSearchParams({ label });
    const { json } = await api.get<ImagePage>(t, `${IMAGE}?${query}`);
    return json.images.map(({ id }) => id);
  };
  const [first, other] = [(await scene(501)).jpeg, (await scene(502)).jpeg];
  const searched = (await api.upload<Analysed>(t, first)).json.image.id;
  const known = (await api.upload<Analysed>(t, first)).json.image.id;
  t.deepEqual(await listed(), [known, searched]);

  const later = await api.upload<ImageResult>(
    t,
    other,
    {},
    { headers: { Prefer: 'respond-async' } },
  );
  const waited = later.json.image.id;
  t.deepEqual(
    await eventually('it was analysed', async () => {
      const ids = await listed();
      return ids.length === 3 && ids;
    }),
    [waited, known, searched],
  );
  t.deepEqual(await listed('face'), []);

  await api.delete(t, `${IMAGE}/${known}`);
  t.deepEqual(await listed(), [waited, searched]);
});

test('images of an earlier version are found by their labels after an upgrade', async (t) => {
  const file = join(await temporaryFolder(), 'edge.db');
  const old = await openDatabase(file, { '0001_images': createImageTables });
  await sql`insert into blob values ('aa', 'image/jpeg', 1, 1, 1)`.execute(old.db);
  for (const [id, key, plan] of [
    ['1', 'found', null],
    ['2', 'nothing', null],
    ['3', 'found', null],
    ['4', 'waits', '{}'],
  ])
    await sql`insert into image values (${id}, 'aa', ${key}, null, 1, null, ${plan}, null)`.execute(
      old.db,
    );
  for (const key of ['found', 'nothing'])
    await sql`insert into analysis values (${key}, 'aa', '{}', 0)`.execute(old.db);
  await sql`insert into analysis_label values ('found', 'stop sign'), ('found', 'face')`.execute(
    old.db,
  );
  await old.close();

  const { db, close } = await openDatabase<ImageTables>(file, {
    '0001_images': createImageTables,
    '0002_image_labels': createImageLabelTable,
  });
  t.teardown(close);
  const ids = (rows: { id: string }[]) => rows.map(({ id }) => id);
  t.deepEqual(ids(await imageTable.list(db, { limit: 10, label: 'face' })), ['3', '1']);
  t.deepEqual(ids(await imageTable.list(db, { limit: 10, label: 'face', after: '3' })), ['1']);
  t.deepEqual(ids(await imageTable.withDetections(db, 10)), ['3', '1']);
  t.deepEqual(ids(await imageTable.withDetections(db, 10, '3')), ['1']);
  t.is(await imageTable.countPending(db), 1);
});
