import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { CameraSettings } from '../../../core/contract/camera-settings.js';
import type { ImagePage } from '../../../core/contract/image.js';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { type ConsoleEdge, consoleEdge } from '../../support/console-edge.js';
import { seriousFindings } from '../../support/console-page.js';
import { measure } from '../../support/task-meter.js';

const SAMPLES = ['1-empty-street.jpg', '3-sign-near.jpg', '4-two-signs.jpg', '5-sign-left.jpg'];

async function push(
  t: ExecutionContext,
  { api }: ConsoleEdge,
  names: readonly string[] = SAMPLES,
): Promise<void> {
  for (const name of names) {
    const body = new Uint8Array(await readFile(join(projectRoot(), 'samples', name)));
    const headers = { 'Content-Type': 'image/jpeg' };
    await api.call(t, 'POST', '/api/v1/cameras/yard/snapshots', { body, headers });
  }
}

/** The confidences of all that was found, the weakest first. */
async function confidences(t: ExecutionContext, { api }: ConsoleEdge): Promise<number[]> {
  const { json } = await api.get<ImagePage>(t, '/api/v1/objectdetection/image?camera=yard');
  const found = json.images.flatMap(({ detections }) => detections);
  return found.map(({ confidence }) => confidence).sort((a, b) => a - b);
}

test.serial('values are tried on stored snapshots until the weakest find is gone', async (t) => {
  const parts = await consoleEdge(t);
  const { page, api, complaints } = parts;
  await api.post(t, '/api/v1/cameras', { id: 'yard', name: 'Yard', kind: 'push' });
  await push(t, parts);
  const found = await confidences(t, parts);
  const [weakest = 0] = found;
  const stronger = found.find((one) => one > weakest + 0.01) ?? 1;
  const threshold = Math.round(((weakest + stronger) / 2) * 1_000) / 1_000;
  const left = found.filter((one) => one >= threshold).length;

  await page.getByRole('link', { name: 'Yard', exact: true }).click();
  await measure(t, page, 'tune until a false alarm goes', async () => {
    await page.getByRole('link', { name: 'Tuning' }).click();
    await page.getByText(/^Detections: \d → \d in 1 snapshot$/).waitFor();
    await page.getByRole('spinbutton', { name: 'Confidence' }).fill(String(threshold));
    await page.getByRole('button', { name: 'Try on the last 100 snapshots' }).click();
    await page
      .getByText(`Detections: ${found.length} → ${left} in ${SAMPLES.length} snapshots`)
      .waitFor();
    await page.getByText(/snapshots? would change/).waitFor();
    await page
      .getByRole('button', { name: /^[\d:]+ ?[AP]?M?.*gone/ })
      .first()
      .click();
    await page.getByRole('dialog').waitFor();
    t.deepEqual(await seriousFindings(page), []);
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved. It is in effect.').first().waitFor();
  });
  const saved = await api.get<{ settings: CameraSettings }>(t, '/api/v1/cameras/yard/settings');
  t.is(saved.json.settings.minConfidence, threshold);
  t.deepEqual(await seriousFindings(page), []);

  await page.getByText('counts as motion', { exact: true }).waitFor();
  await push(t, parts, SAMPLES.slice(-1));
  await page.getByText('does not count as motion').waitFor();
  await push(t, parts, SAMPLES.slice(0, 1));
  await page.getByText('counts as motion', { exact: true }).waitFor();
  t.deepEqual(complaints, []);
});
