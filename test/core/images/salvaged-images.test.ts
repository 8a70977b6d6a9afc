import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { ApiClient } from '../../support/api-client.js';
import * as damage from '../../support/damage.js';
import { startEdge } from '../../support/edge.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

interface Listed {
  images: {
    id: string;
    status: string;
    camera: string | null;
    sha256: string;
    detections: unknown[];
  }[];
}

const SAMPLES = ['4-two-signs.jpg', '3-sign-near.jpg'];

/** Two uploads, a damaged database, and what the API lists then. */
async function afterDamage(t: ExecutionContext, hurt: (file: string) => void) {
  const dataFolder = await temporaryFolder(t);
  const first = await startEdge([], { dataFolder });
  const api = await ApiClient.connect(first.url, first.adminToken);
  for (const sample of SAMPLES)
    await api.upload(t, readFileSync(join(projectRoot(), 'samples', sample)));
  const before = await api.get<Listed>(t, '/api/v1/objectdetection/image');
  await first.stop();
  hurt(join(dataFolder, 'edge.db'));
  const second = await startEdge([], { dataFolder });
  t.teardown(() => second.stop());
  const again = await ApiClient.connect(second.url, first.adminToken);
  const after = await again.get<Listed>(t, '/api/v1/objectdetection/image');
  const { json: site } = await again.get<{ reasons: string[] }>(t, '/api/v1/site');
  return { before: before.json.images, after: after.json.images, reasons: site.reasons };
}

const root = (table: string) => (file: string) =>
  damage.damagePages(file, damage.pagesOf(file, table, 'leaf'));

test('lost rows of bytes are made again from the files', async (t) => {
  const { before, after, reasons } = await afterDamage(t, root('blob'));
  t.deepEqual(after, before);
  t.regex(reasons[0] ?? '', /edge\.db was damaged/);
});

test('lost labels are made again from the results', async (t) => {
  const { before, after } = await afterDamage(t, (file) => {
    root('analysis_label')(file);
    root('image_label')(file);
  });
  t.deepEqual(after, before);
});

test('images whose result is lost say so', async (t) => {
  const { before, after } = await afterDamage(t, root('analysis'));
  t.deepEqual(
    after.map(({ id, status }) => [id, status]),
    before.map(({ id }) => [id, 'FAILED']),
  );
});

test('files whose images are lost are listed, so that they are removed in time', async (t) => {
  const { before, after, reasons } = await afterDamage(t, root('image'));
  t.deepEqual(after.map(({ sha256 }) => sha256).sort(), before.map(({ sha256 }) => sha256).sort());
  t.true(after.every(({ status, camera }) => status === 'FAILED' && camera === 'recovered'));
  t.regex(reasons[0] ?? '', /2 images are kept without their results/);
});

test('an emptied database keeps the files and the admin token', async (t) => {
  const { before, after } = await afterDamage(t, damage.empty);
  t.is(after.length, before.length);
});
