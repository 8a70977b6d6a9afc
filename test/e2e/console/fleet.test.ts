import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { logInOn, openPage, seriousFindings } from '../../support/console-page.js';
import { startEdge } from '../../support/edge.js';
import { eventually } from '../../support/eventually.js';
import { freePort } from '../../support/free-port.js';
import { startRelay } from '../../support/relay.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const PASSWORD = 'violet tram under rain';
const STALE_MS = 4 * 60_000;

/** A relay that sites enrol at, on its HTTPS address, with a clock that the test sets forward. */
async function setUp(t: ExecutionContext) {
  const [port, brokerPort] = [await freePort(), await freePort()];
  const url = `https://127.0.0.1:${port}`;
  const enrolment = JSON.stringify({ url, brokerUrl: `mqtt://127.0.0.1:${brokerPort}` });
  let later = 0;
  const relay = await startRelay(
    [`http.port=${port}`, `mqtt.embedded.port=${brokerPort}`, `enrolment=${enrolment}`],
    { clock: () => Date.now() + later },
  );
  t.teardown(relay.stop);
  await relay.access.users.create('ada', 'admin', PASSWORD);
  await relay.access.users.create('vera', 'viewer', PASSWORD);
  return {
    relay,
    url,
    pass: (ms: number) => {
      later += ms;
    },
    /** An appliance with an account, of which one camera sees signs and the other one is not there. */
    startSite: async (site: string) => {
      const { password } = await relay.fleet.createSite(site);
      const edge = await startAppliance(
        site,
        `mqtt={ url: "mqtt://127.0.0.1:${brokerPort}", username: ${site}, password: ${password} }`,
      );
      return edge;
    },
  };
}

async function startAppliance(site: string, ...settings: string[]) {
  const street = join(await temporaryFolder(), 'street');
  await mkdir(street);
  for (const name of ['1-empty-street.jpg', '4-two-signs.jpg'])
    await copyFile(join(projectRoot(), 'samples', name), join(street, name));
  const cameras = `[
    { id: street, kind: folder, path: ${street}, loop: true, schedule: "* * * * * *" },
    { id: yard, kind: http, url: "http://127.0.0.1:9/yard.jpg", schedule: "* * * * * *" },
  ]`;
  return startEdge([`site=${site}`, `cameras=${cameras}`, ...settings]);
}

const row = (page: Page, site: string) => page.getByRole('row').filter({ hasText: site });

test('an administrator sees the sites, finds what is wrong, adds one with a code, and revokes and removes it', async (t) => {
  t.timeout(240_000);
  const { relay, url, pass, startSite } = await setUp(t);
  const harbour = await startSite('harbour');
  const north = await startSite('north');
  t.teardown(async () => Promise.all([harbour.stop(), north.stop()]));

  const { page, complaints } = await openPage(t, `${url}/fleet`);
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await logInOn(page, 'ada', PASSWORD);
  await row(page, 'harbour').getByText('Online', { exact: true }).waitFor();
  await row(page, 'north').getByText('Online', { exact: true }).waitFor();
  await row(page, 'harbour').getByText('Not working: yard').waitFor({ timeout: 60_000 });
  t.deepEqual(await seriousFindings(page), []);

  await page.getByRole('button', { name: 'Grid' }).click();
  await page.getByRole('listitem').filter({ hasText: 'harbour' }).waitFor();
  t.deepEqual(await seriousFindings(page), []);
  await page.reload();
  t.is(await page.getByRole('button', { name: 'Grid' }).getAttribute('aria-pressed'), 'true');
  await page.getByRole('button', { name: 'List' }).click();

  await north.lifecycle.stop();
  pass(STALE_MS);
  await page.reload();
  await row(page, 'harbour').getByText('No report', { exact: true }).waitFor();
  await row(page, 'north').getByText('Stopped', { exact: true }).waitFor();
  t.true(
    await row(page, 'harbour')
      .getByText(/last report/)
      .isVisible(),
  );

  await page.getByRole('link', { name: 'harbour' }).click();
  await page.getByRole('heading', { name: 'harbour' }).waitFor();
  await page.getByRole('table', { name: 'Cameras' }).getByText('Offline').waitFor();
  await page.locator('.day-chart canvas').waitFor();
  t.deepEqual(await seriousFindings(page), []);
  await page.getByRole('link', { name: 'Events' }).click();
  await page.getByLabel('Object').selectOption('stop sign');
  await page
    .getByText(/2 × stop sign/)
    .first()
    .waitFor();
  t.is(await page.getByRole('cell', { name: 'nothing' }).count(), 0);
  t.true(page.url().endsWith('/fleet/harbour/events?label=stop+sign'), page.url());
  t.deepEqual(await seriousFindings(page), []);
  await page.getByRole('link', { name: 'Gaps' }).click();
  await page.getByText('Nothing is missing').waitFor();

  await page.getByRole('link', { name: 'Sites' }).click();
  await row(page, 'harbour').waitFor();
  t.deepEqual(complaints.splice(0), []);
  await page.context().setOffline(true);
  await page.getByText('The connection was lost').waitFor();
  t.true(await row(page, 'harbour').isVisible(), 'what was known stays');
  await page.context().setOffline(false);
  await page.getByText('The connection was lost').waitFor({ state: 'hidden' });
  complaints.splice(0);

  await page.getByRole('button', { name: 'Add a site' }).click();
  await page.getByLabel('Site id').fill('depot');
  await page.getByRole('button', { name: 'Get an enrolment code' }).click();
  const code = await page.getByRole('textbox', { name: 'Code', exact: true }).inputValue();
  t.regex(code, /^SG1-/);
  t.true(await page.getByText(/It expires at .* \(in (59 minutes|1 hour)/).isVisible());
  t.deepEqual(await seriousFindings(page), []);
  await page.getByRole('button', { name: 'Close' }).click();
  t.is(await page.getByText(code).count(), 0);

  const depot = await startAppliance('depot');
  t.teardown(depot.stop);
  const enrolled = await fetch(`${depot.url}/api/v1/enrolment`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${depot.adminToken}`,
      'Content-Type': 'application/json',
    },
    body: JSON.stringify({ code }),
  });
  t.is(enrolled.status, 200, await enrolled.text());
  await page.reload();
  await page.getByText('The site has an account at the broker.').waitFor();

  await page.getByRole('button', { name: 'Rotate the password' }).click();
  await page.getByText('will change its password').waitFor();
  await page.getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await page.getByText('The site has no account').waitFor();

  await page.getByRole('button', { name: 'Remove the site' }).click();
  const remove = page.getByRole('dialog').getByRole('button', { name: 'Remove the site' });
  t.true(await remove.isDisabled());
  await page.getByLabel('enter the id of the site').fill('depot');
  t.deepEqual(await seriousFindings(page), []);
  await remove.click();
  await page.getByText('The site was removed.').waitFor();
  await row(page, 'harbour').waitFor();
  t.is(await row(page, 'depot').count(), 0);
  await t.throwsAsync(relay.fleet.site('depot'));
  t.deepEqual(complaints, []);
  t.deepEqual(
    asked.filter((address) => !address.startsWith(url)),
    [],
  );
});

test('a viewer reads on a phone and is offered no change', async (t) => {
  const { relay, url } = await setUp(t);
  await relay.fleet.createSite('harbour');
  const { page, complaints } = await openPage(t, `${url}/fleet`, {
    viewport: { width: 360, height: 740 },
    colorScheme: 'dark',
  });
  await logInOn(page, 'vera', PASSWORD);
  await row(page, 'harbour').getByText('Never seen').waitFor();
  t.is(await page.getByRole('button', { name: 'Add a site' }).count(), 0);
  t.is(await page.evaluate('document.documentElement.scrollWidth'), 360);
  await page.getByRole('link', { name: 'harbour' }).click();
  await page.getByText('It has not reported a camera').waitFor();
  t.is(await page.getByRole('button', { name: 'Revoke' }).count(), 0);
  t.is(await page.evaluate('document.documentElement.scrollWidth'), 360);
  t.deepEqual(await seriousFindings(page), []);
  await page.goto(`${url}/fleet/nowhere`);
  await page.getByRole('heading', { name: 'There is no such site' }).waitFor();
  t.true(
    complaints.every((line) => line.includes('404')),
    complaints.join(),
  );
});

test('an administrator of the relay adds a token, and finds that in the audit log', async (t) => {
  const { relay, url } = await setUp(t);
  await relay.fleet.createSite('harbour');
  const { page, complaints } = await openPage(t, `${url}/people`);
  await logInOn(page, 'ada', PASSWORD);
  await page.getByRole('button', { name: 'Add a token' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('prometheus');
  await page.getByRole('dialog').getByRole('button', { name: 'Add' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await page.getByRole('row').filter({ hasText: 'prometheus' }).waitFor();
  t.deepEqual(await seriousFindings(page), []);
  await page.getByRole('link', { name: 'Notifications' }).click();
  await page.getByRole('button', { name: 'Add a way' }).waitFor();
  t.deepEqual(await seriousFindings(page), []);
  await page.getByRole('link', { name: 'Audit log' }).click();
  await page.getByRole('row').filter({ hasText: 'prometheus' }).waitFor();
  t.deepEqual(await seriousFindings(page), []);
  t.deepEqual(complaints, []);
});

test('a rule of the relay is about cameras that the sites report, or one that is typed', async (t) => {
  t.timeout(120_000);
  const { relay, url, startSite } = await setUp(t);
  const edge = await startSite('harbour');
  t.teardown(() => edge.stop());
  await relay.notifications.definitions.addWay({
    ...{ id: 'mq', name: 'My broker', kind: 'mqtt', connection: 'relay' },
    ...{ enabled: true, maxPerMinute: 30, picture: 'link' },
  });
  const { page, complaints } = await openPage(t, `${url}/people`);
  await logInOn(page, 'ada', PASSWORD);
  const ids = () =>
    page.evaluate(
      "fetch('/api/v1/fleet/cameras').then(r => r.json()).then(r => r.cameras.map(c => c.id).join())",
    );
  await eventually(async () => (await ids()) === 'street,yard');
  await page.getByRole('link', { name: 'Notifications' }).click();
  await page.getByRole('button', { name: 'Add a rule' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('When', { exact: true }).selectOption('camera_offline');
  await form.getByLabel('Sites').fill('harbour');
  const cameras = form.getByLabel('Cameras');
  const list = await cameras.getAttribute('list');
  const suggested = await page.evaluate(
    `[...document.getElementById('${list}').options].map(({ value }) => value).join()`,
  );
  t.is(suggested, 'street,yard');
  await cameras.fill('yard');
  await cameras.press('Enter');
  await cameras.fill('dock');
  await form.getByLabel('My broker').check();
  t.deepEqual(await seriousFindings(page), []);
  await form.getByRole('button', { name: 'Save' }).click();
  await page.getByText(/^When yard or dock .*is offline/).waitFor();
  await relay.notifications.definitions.refresh();
  t.like(relay.notifications.definitions.rules[0], {
    cameras: ['yard', 'dock'],
    sites: ['harbour'],
  });
  t.deepEqual(complaints, []);
});
