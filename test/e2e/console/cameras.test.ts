import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { CameraSettings } from '../../../core/contract/camera-settings.js';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { type ConsoleEdge, consoleEdge } from '../../support/console-edge.js';
import { seriousFindings } from '../../support/console-page.js';
import { measure } from '../../support/task-meter.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const SAMPLES = join(projectRoot(), 'samples');
const YARD = { id: 'yard', name: 'Yard', kind: 'folder', path: SAMPLES, loop: true };

const settingsOf = async (t: ExecutionContext, { api }: ConsoleEdge) =>
  (await api.get<{ settings: CameraSettings }>(t, '/api/v1/cameras/yard/settings')).json.settings;

async function declaredInFile(t: ExecutionContext): Promise<string> {
  const file = join(await temporaryFolder(t), 'edge.yaml');
  await writeFile(file, `cameras:\n  - { id: street, name: Street, kind: push }\n`);
  return file;
}

test.serial('settings are changed and undone, with faults at their fields', async (t) => {
  const parts = await consoleEdge(t);
  const { page, edge, api, complaints } = parts;
  await api.post(t, '/api/v1/cameras', YARD);
  await page.getByRole('link', { name: 'Edit Yard' }).click();
  await measure(t, page, 'change a setting', async () => {
    await page.getByLabel('How often').selectOption({ label: 'Every 30 seconds' });
    await page.getByText('In words: Every 30 seconds').waitFor();
    await page.getByRole('button', { name: 'Add a time window' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved. It is in effect.').first().waitFor();
  });
  t.like(await settingsOf(t, parts), {
    schedule: '*/30 * * * * *',
    windows: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '07:00', to: '19:00' }],
  });
  await measure(t, page, 'undo a change', async () => {
    await page.getByRole('button', { name: 'Undo this change' }).click();
    await page.getByText('Undone.').waitFor();
  });
  t.like(await settingsOf(t, parts), { schedule: '*/10 * * * * *', windows: [] });
  t.deepEqual(await seriousFindings(page), []);
  t.deepEqual(complaints.splice(0), []);

  await page.getByLabel('Time limit (s)').fill('900');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.locator('[aria-invalid=true]').waitFor();
  t.is(await page.getByLabel('Time limit (s)').getAttribute('aria-invalid'), 'true');
  t.true(complaints.splice(0).every((line) => line.includes('400')));

  await page.getByRole('link', { name: 'Events' }).click();
  const question = page.getByRole('dialog', { name: 'Leave without saving?' });
  await question.getByRole('button', { name: 'Cancel' }).click();
  t.is(page.url(), `${edge.url}/cameras/yard/settings`);
  await page.goBack();
  await page.goForward();
  await page.getByRole('link', { name: 'History' }).click();
  await page.getByText('restored by ada').waitFor();
  await page.getByText('changed by ada').waitFor();
  await page.getByText('added by admin').waitFor();
  await page.getByText('There are changes that are not saved.').waitFor();
  await page.getByRole('button', { name: 'Discard' }).click();
  t.deepEqual(await seriousFindings(page), []);
  await page.getByRole('link', { name: 'All cameras' }).click();
  await page.getByRole('link', { name: 'Add a camera' }).waitFor();
  t.deepEqual(complaints, []);
});

test.serial('a camera is paused, removed and restored, on a phone', async (t) => {
  const parts = await consoleEdge(t, { viewport: { width: 360, height: 740 } });
  const { page, edge, api, complaints } = parts;
  await api.post(t, '/api/v1/cameras', YARD);
  await page.getByRole('button', { name: 'Pause Yard' }).click();
  await page.getByRole('button', { name: 'Resume Yard' }).click();
  await page.getByRole('button', { name: 'Pause Yard' }).waitFor();
  await page.getByRole('button', { name: 'Remove Yard' }).click();
  const question = page.getByRole('dialog', { name: 'Remove Yard?' });
  t.regex(await question.innerText(), /restore/);
  await question.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('button', { name: 'Restore Yard' }).waitFor();
  t.is(edge.cameras.statuses().length, 0);
  t.deepEqual(await seriousFindings(page), []);
  await page.getByRole('button', { name: 'Restore Yard' }).click();
  await page.getByRole('link', { name: 'Edit Yard' }).click();
  await page.getByRole('heading', { name: 'Schedule' }).waitFor();
  const width = await page.evaluate('document.documentElement.scrollWidth');
  t.true(Number(width) <= 360, `${width} pixels wide`);
  t.like(await settingsOf(t, parts), { path: SAMPLES, loop: true });
  t.deepEqual(complaints, []);
});

test.serial('a camera of the file is shown with the reason, and cannot be changed', async (t) => {
  const configFile = await declaredInFile(t);
  const { page, complaints } = await consoleEdge(t, { configFile });
  await page.getByText('declared in the file').waitFor();
  t.is(await page.getByRole('button', { name: 'Remove Street' }).count(), 0);
  await page.getByRole('link', { name: 'View Street' }).click();
  await page.getByText(/The configuration file declares/).waitFor();
  t.true(await page.getByLabel('Name', { exact: true }).isDisabled());
  t.is(await page.getByRole('button', { name: 'Save' }).count(), 0);
  await page.getByRole('link', { name: 'Tuning' }).click();
  await page.getByRole('spinbutton', { name: 'Confidence' }).fill('0.6');
  await page.getByText('minConfidence: 0.6').waitFor();
  t.deepEqual(await seriousFindings(page), []);
  t.deepEqual(complaints, []);
});

test.serial('a viewer sees the cameras and detectors, and no change is offered', async (t) => {
  const configFile = await declaredInFile(t);
  const { page, edge, complaints } = await consoleEdge(t, { configFile, role: 'viewer' });
  await page.getByRole('link', { name: 'View Street' }).waitFor();
  t.is(await page.getByRole('link', { name: 'Add a camera' }).count(), 0);
  t.is(await page.getByRole('button', { name: /Pause/ }).count(), 0);
  await page.getByRole('link', { name: 'Detectors' }).click();
  await page.getByText('Trained for this project').first().waitFor();
  t.is(await page.getByRole('button', { name: /Download|Add/ }).count(), 0);
  t.deepEqual(await seriousFindings(page), []);
  await page.goto(`${edge.url}/cameras/new`);
  await page.getByText('Only administrators change cameras.').waitFor();
  t.deepEqual(complaints, []);
});

test.serial('a cascade is added from a file as a detector, changed and removed', async (t) => {
  const { page, api, complaints } = await consoleEdge(t, { path: '/cameras/detectors' });
  await page.getByLabel('File').setInputFiles(join(projectRoot(), 'cascades', 'stop-sign.xml'));
  await page.getByLabel('Id').fill('own-sign');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByText('own-sign is added.').waitFor();
  const { json } = await api.get<{ detectors: { id: string }[] }>(
    t,
    '/api/v1/objectdetection/detectors',
  );
  t.true(json.detectors.some(({ id }) => id === 'own-sign'));
  await page.getByRole('button', { name: 'Change own-sign' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Our sign');
  await dialog.getByLabel('Labels').fill('sign of ours');
  await dialog.getByLabel('Merged windows that are needed').fill('101');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByLabel('Merged windows that are needed').fill('6');
  t.deepEqual(await seriousFindings(page), []);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByText('own-sign is changed.').waitFor();
  await page.getByRole('row', { name: /Our sign.*sign of ours/ }).waitFor();
  await page.getByRole('button', { name: 'Remove own-sign' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await page.getByText('own-sign is removed.').waitFor();
  t.is(await page.getByRole('button', { name: 'Remove own-sign' }).count(), 0);
  t.deepEqual(await seriousFindings(page), []);
  t.deepEqual(complaints, []);
});
