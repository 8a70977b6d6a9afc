import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import Sqlite from 'better-sqlite3';
import type { Detection } from '../../../core/contract/detection.js';
import type { ImagePage, ImageResult } from '../../../core/contract/image.js';
import type { SightingPage } from '../../../core/contract/sighting.js';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { ApiClient } from '../../support/api-client.js';
import { startEdge } from '../../support/edge.js';
import { eventually } from '../../support/eventually.js';
import { startRelay } from '../../support/relay.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const API = '/api/v1';
const SAMPLE = join(projectRoot(), 'samples', '4-two-signs.jpg');

/** Makes the rows those of the version before: their JSON had no confidence. */
function withoutConfidence(file: string): number {
  const db = new Sqlite(file);
  try {
    return [
      ['analysis', 'result'],
      ['sighting', 'track'],
      ['outbox', 'payload'],
    ].reduce((sum, [table, column]) => {
      const rows = db.prepare(`select rowid as id, ${column} as text from ${table}`).all() as {
        id: number;
        text: string;
      }[];
      const update = db.prepare(`update ${table} set ${column} = ? where rowid = ?`);
      for (const { id, text } of rows)
        update.run(text.replace(/"confidence":[\d.]+,?/g, '').replace(/,}/g, '}'), id);
      return sum + rows.length;
    }, 0);
  } finally {
    db.close();
  }
}

test('what a version before models stored is shown with a confidence, is reused, and reaches the relay', async (t) => {
  const relay = await startRelay();
  t.teardown(() => relay.stop());
  const admin = await ApiClient.connect(relay.url, relay.adminToken);
  const { json: account } = await admin.post<{ password: string }>(t, `${API}/sites`, {
    id: 'north',
  });
  const folder = join(await temporaryFolder(t), 'gate');
  await mkdir(folder);
  await copyFile(SAMPLE, join(folder, 'a.jpg'));
  const settings = (broker: string) => [
    'site=north',
    'sightings={ appearAfter: 1, within: 1 }',
    `mqtt={ url: "${broker}", username: north, password: ${account.password} }`,
    `cameras=[{ id: gate, kind: folder, path: ${folder}, loop: true, schedule: "0 0 0 1 1 *" }]`,
  ];
  // No relay is reached, so that the summaries wait.
  const dataFolder = await temporaryFolder(t);
  const before = await startEdge(settings('mqtt://127.0.0.1:9'), { dataFolder });
  const first = await ApiClient.connect(before.url, before.adminToken);
  t.is((await first.post(t, `${API}/cameras/gate/snapshot`)).status, 200);
  const { bytes } = await first.get(
    t,
    (await first.get<ImagePage>(t, `${API}/objectdetection/image`)).json.images[0]?.links
      .original ?? '',
  );
  await before.stop();
  t.true(withoutConfidence(join(dataFolder, 'edge.db')) >= 3);

  const edge = await startEdge(settings(relay.brokerUrl), { dataFolder });
  t.teardown(() => edge.stop());
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  const certain = (detections: Detection[] | undefined, what: string) => {
    t.true(detections && detections.length >= 2, what);
    for (const { confidence } of detections ?? [])
      t.true(confidence >= 0.5 && confidence < 1, what);
  };
  const { json: page } = await api.get<ImagePage>(t, `${API}/objectdetection/image`);
  certain(page.images[0]?.detections, 'images');
  const { json: result } = await api.get<ImageResult>(t, page.images[0]?.links.detections ?? '');
  certain(result.status === 'OK' ? result.detections : [], 'detections');
  certain(
    (await api.get<{ detections: Detection[] }>(t, `${API}/detections`)).json.detections,
    'newest',
  );
  const { sightings } = (await api.get<SightingPage>(t, `${API}/sightings`)).json;
  t.is(sightings.length, 2);
  for (const { best } of sightings) t.true(best.confidence >= 0.5);
  const again = await api.upload<ImageResult>(t, bytes);
  t.like(again.json, { status: 'OK', cached: true });
  certain(again.json.status === 'OK' ? again.json.detections : [], 'cached');
  await eventually('the relay has the summary', async () => {
    const { json } = await admin.get<{ summaries: { detections: Detection[] }[] }>(
      t,
      `${API}/sites/north/summaries`,
    );
    if (json.summaries.length === 0) return false;
    certain(json.summaries[0]?.detections, 'relay');
    return true;
  });
});
