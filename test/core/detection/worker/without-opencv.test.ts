import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { projectRoot } from '../../../../core/runtime/project-root.js';
import { planFor, startPool } from '../detection-setup.js';

const libraries = async (pid: number) =>
  (await readFile(`/proc/${pid}/maps`, 'utf8')).match(/\S*opencv\S*/g) ?? [];

test('a worker that decodes, searches and draws loads nothing of OpenCV', async (t) => {
  const pool = await startPool(t);
  const photo = await readFile(join(projectRoot(), 'samples', '4-two-signs.jpg'));
  const { detections } = await pool.analyse(photo, await planFor());
  t.true(detections.length > 0);
  t.true((await pool.draw(photo, detections)).length > 10_000);
  const [pid = 0] = pool.status().pids;
  t.deepEqual(await libraries(pid), []);
});
