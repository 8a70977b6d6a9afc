import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { logInOn, openPage, seriousFindings } from '../../support/console-page.js';
import { freePort } from '../../support/free-port.js';
import { makeCertificate, startHttpsFront } from '../../support/https-front.js';
import { runProgram, runToEnd, urlOf } from '../../support/program.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const PASSWORD = 'violet tram under rain';
const set = (settings: string[]) => settings.map((setting) => `--set=${setting}`);

/** A relay behind a proxy with TLS, as processes of their own. */
async function startRelayProgram(t: ExecutionContext, folder: string) {
  const certificate = await makeCertificate(t);
  const front = await startHttpsFront(t, certificate);
  const port = await freePort();
  const settings = set([
    `dataFolder=${join(folder, 'relay')}`,
    `http.port=${await freePort()}`,
    'detection.workers=1',
    `mqtt={ embedded: { port: ${port} } }`,
    `enrolment=${JSON.stringify({ url: front.url, certificateFile: certificate.certificateFile, brokerUrl: `mqtt://127.0.0.1:${port}` })}`,
  ]);
  const start = () => runProgram(t, 'cloud-relay', settings);
  const relay = start();
  front.target = await urlOf(relay);
  const code = async () => {
    const { output } = await runToEnd(t, 'cloud-relay', ['sites', 'enrol', 'harbour', ...settings]);
    return /^SG1-\S+$/m.exec(output)?.[0] ?? '';
  };
  return { relay, start, code };
}

async function startAppliance(t: ExecutionContext, folder: string) {
  const pictures = join(folder, 'pictures');
  mkdirSync(pictures);
  for (const name of ['1-empty-street.jpg', '4-two-signs.jpg'])
    copyFileSync(join(projectRoot(), 'samples', name), join(pictures, name));
  const settings = set([
    `dataFolder=${join(folder, 'edge')}`,
    'site=harbour',
    `http.port=${await freePort()}`,
    'detection.workers=1',
    'images.minFreeMegabytes=0',
    `cameras=[{ id: street, kind: folder, path: ${pictures}, loop: true, schedule: "* * * * * *" }]`,
  ]);
  const program = runProgram(t, 'edge', settings);
  const url = await urlOf(program);
  await program.logged(({ msg }) => msg === 'started');
  const password = join(folder, 'password');
  writeFileSync(password, PASSWORD, { mode: 0o600 });
  const words = ['user', 'add', 'ada', '--role', 'admin', '--password-file', password];
  const added = await runToEnd(t, 'edge', [...words, ...settings]);
  t.is(added.code, 0, added.errors);
  return url;
}

test('an appliance is enrolled with a code on its page; the relay is lost and found again', async (t) => {
  t.timeout(240_000);
  const folder = await temporaryFolder(t);
  const { relay, start, code } = await startRelayProgram(t, folder);
  const url = await startAppliance(t, folder);
  const { page, complaints } = await openPage(t, `${url}/cloud`);
  await logInOn(page, 'ada', PASSWORD);
  await page.getByText('No relay', { exact: true }).waitFor();
  await page.getByText('sudo siteglass-relay sites enrol harbour').waitFor();
  t.deepEqual(await seriousFindings(page), []);

  await page.getByLabel('Enrolment code').fill('SG1-TYPO');
  await page.getByRole('button', { name: 'Enrol with a code' }).click();
  await page
    .getByRole('alert')
    .filter({ hasText: /not an enrolment code/ })
    .waitFor();
  const refused = complaints.splice(0);
  t.true(refused.every((line) => line.includes('403')));

  const began = performance.now();
  await page.getByLabel('Enrolment code').fill(await code());
  await page.getByRole('button', { name: 'Enrol with a code' }).click();
  await page.getByText('Connected', { exact: true }).waitFor({ timeout: 60_000 });
  await page.getByText(/everything is acknowledged/).waitFor({ timeout: 60_000 });
  t.log(`enrolled, connected and complete: ${Math.round(performance.now() - began)} ms`);
  t.deepEqual(await seriousFindings(page), []);

  await relay.end();
  await page.getByText('Not connected', { exact: true }).waitFor({ timeout: 60_000 });
  await page.getByText(/There has been no connection since/).waitFor();
  await page.getByText(/No summary is lost/).waitFor();
  await page.getByText(/summaries wait$|summary waits$/).waitFor({ timeout: 60_000 });
  t.deepEqual(await seriousFindings(page), []);

  await urlOf(start());
  await page.getByText('Connected', { exact: true }).waitFor({ timeout: 60_000 });
  await page.getByText(/everything is acknowledged/).waitFor({ timeout: 60_000 });
  await page.getByText('No summary was evicted, refused or lost.').waitFor();
  t.deepEqual(
    complaints.filter((line) => !/net::ERR_|status of 503/.test(line)),
    [],
  );
});
