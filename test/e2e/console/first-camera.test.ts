import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { openPage, seriousFindings } from '../../support/console-page.js';
import { freePort } from '../../support/free-port.js';
import { runProgram, urlOf } from '../../support/program.js';
import { countClicks, measure } from '../../support/task-meter.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const PASSWORD = 'violet tram under rain';

test('a browser leads from the first start to a first camera that finds something', async (t) => {
  const dataFolder = await temporaryFolder(t);
  const file = join(dataFolder, 'edge.yaml');
  await writeFile(
    file,
    `dataFolder: ${dataFolder}\ndetection: { workers: 1 }\nimages: { minFreeMegabytes: 0 }\n`,
  );
  const port = await freePort();
  const program = runProgram(t, 'edge', ['-c', file, '--set', `http.port=${port}`]);
  const { msg } = await program.logged(({ component }) => component === 'set-up');
  const code = /code ([0-9A-Z]{4}-[0-9A-Z]{4})/.exec(msg)?.[1] ?? '';
  const { page, complaints } = await openPage(t, await urlOf(program));
  await countClicks(page);

  await measure(t, page, 'set up, and add the first camera', async () => {
    await page.getByLabel('Code', { exact: true }).fill(code);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByLabel('Id of the site').fill('harbour');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByLabel('Password again').fill(PASSWORD);
    await page.getByLabel('Who reaches this appliance').selectOption('this-machine');
    await page.getByRole('button', { name: 'Set up' }).click();
    const next = page.getByRole('link', { name: 'Add your first camera' });
    await next.waitFor({ timeout: 90_000 });
    t.deepEqual(await seriousFindings(page), []);
    await next.click();
    await page.getByText('The appliance is set up. Add your first camera.').waitFor();
    await page.getByLabel('Folder', { exact: true }).check();
    await page.getByLabel('Path').fill(join(projectRoot(), 'samples'));
    await page.getByLabel('Repeat the pictures').check();
    await page.getByRole('checkbox', { name: 'stop sign' }).check();
    await page.getByLabel('Name', { exact: true }).fill('Street');
    await page.getByLabel('How often').selectOption({ label: 'Every 2 seconds' });
    await page.getByRole('button', { name: 'Test' }).click();
    await page.getByText(/^The picture has \d+ × \d+ pixels/).waitFor();
    await page.getByRole('button', { name: 'Add the camera' }).click();
    await page.getByRole('heading', { name: 'Street' }).waitFor();
    await page.getByText('Online').waitFor();
  });
  t.deepEqual(await seriousFindings(page), []);
  await page.getByRole('link', { name: 'Tuning' }).click();
  await page.getByRole('button', { name: 'Try on the last 100 snapshots' }).click();
  await page
    .getByText(/^Detections: [1-9]\d* → [1-9]\d* in \d+ snapshots?$/)
    .first()
    .waitFor();
  // The services restart in between, and the page asks until they answer.
  const isOfRestart = (line: string) =>
    line.includes('ERR_CONNECTION_REFUSED') && line.endsWith('/api/v1/session');
  t.deepEqual(
    complaints.filter((line) => !isOfRestart(line)),
    [],
  );
});
