import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { logInOn, openPage, seriousFindings } from '../../support/console-page.js';
import { freePort } from '../../support/free-port.js';
import { runProgram, runToEnd, urlOf } from '../../support/program.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const PASSWORD = 'violet tram under rain';

/** An appliance as a process of its own, with an administrator. */
async function runningAppliance(t: ExecutionContext) {
  const folder = await temporaryFolder(t);
  const settings = [
    `--set=dataFolder=${folder}`,
    '--set=site=harbour',
    `--set=http.port=${await freePort()}`,
    '--set=detection.workers=1',
    '--set=images.minFreeMegabytes=0',
    '--set=cameras=[{ id: yard, kind: http, url: "http://127.0.0.1:9/x.jpg", schedule: "* * * * * *" }]',
  ];
  const program = runProgram(t, 'edge', settings);
  const url = await urlOf(program);
  await program.logged(({ msg }) => msg === 'started');
  const token = readFileSync(join(folder, 'admin-token'), 'utf8').trim();
  const added = await fetch(`${url}/api/v1/users`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: 'ada', role: 'admin', password: PASSWORD }),
  });
  t.is(added.status, 201);
  return { folder, program, url };
}

test('the system page shows state, findings, log and audit; it downloads a backup and restarts', async (t) => {
  t.timeout(180_000);
  const { program, url } = await runningAppliance(t);
  const { page, complaints } = await openPage(t, `${url}/system`);
  await logInOn(page, 'ada', PASSWORD);
  await page.getByRole('heading', { name: 'Machine' }).waitFor();
  await page.getByText('harbour', { exact: true }).waitFor();
  t.deepEqual(await seriousFindings(page), []);

  await page.getByRole('link', { name: 'Checks' }).click();
  await page.getByText('Failure: cameras').waitFor();
  t.true(await page.getByText(/What to do: Check its power, network and url/).isVisible());
  t.deepEqual(await seriousFindings(page), []);

  await page.getByRole('link', { name: 'Log', exact: true }).click();
  await page.getByText('listening', { exact: false }).first().waitFor();
  await page.getByLabel('Lowest level').selectOption('warn');
  await page.getByLabel('Contains').fill('yard');
  await page.getByText('listening', { exact: false }).first().waitFor({ state: 'detached' });
  await page.getByText('camera=yard').first().waitFor();
  t.deepEqual(await seriousFindings(page), []);

  await page.getByRole('link', { name: 'Audit log' }).click();
  await page.getByRole('cell', { name: 'User added' }).waitFor();
  await page.getByLabel('What', { exact: true }).selectOption({ label: 'Logged in' });
  await page.getByRole('cell', { name: 'User added' }).waitFor({ state: 'detached' });
  await page.getByRole('cell', { name: 'Logged in' }).waitFor();
  t.deepEqual(await seriousFindings(page), []);

  await page.getByRole('link', { name: 'Maintenance' }).click();
  t.deepEqual(await seriousFindings(page), []);
  const began = performance.now();
  const downloaded = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download a backup' }).click();
  const download = await downloaded;
  const file = join(await temporaryFolder(t), download.suggestedFilename());
  await download.saveAs(file);
  t.log(`a backup in a file: ${Math.round(performance.now() - began)} ms`);
  t.regex(file, /siteglass-edge-harbour-[\d-]+\.tar$/);
  const restored = [`--set=dataFolder=${await temporaryFolder(t)}`, '--set=site=harbour'];
  const { code, errors } = await runToEnd(t, 'edge', ['restore', file, ...restored]);
  t.is(code, 0, errors);
  const users = await runToEnd(t, 'edge', ['user', ...restored]);
  t.regex(users.output, /ada +admin/);
  t.deepEqual(complaints, []);

  await page.getByRole('button', { name: 'Restart the appliance' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Restart', exact: true }).click();
  await page.getByText('The appliance is restarting').waitFor();
  await page.getByText(/The appliance is back/).waitFor({ timeout: 60_000 });
  t.is(program.log.filter(({ msg }) => msg === 'started').length, 2);
  await page.getByRole('link', { name: 'Audit log' }).click();
  await page.getByRole('cell', { name: 'Restarted' }).waitFor();
  // The browser reports each request while there is no server.
  t.deepEqual(
    complaints.filter((line) => !/net::ERR_|status of 503/.test(line)),
    [],
  );
});
