import test from 'ava';
import { logInOn, openPage, seriousFindings } from '../../support/console-page.js';
import { startEdge } from '../../support/edge.js';

const PASSWORD = 'violet tram under rain';
const OTHER = 'seven kettles of snow';

test('an administrator adds a user and a token, and people change their own password', async (t) => {
  t.timeout(120_000);
  const edge = await startEdge(['cameras=[{ id: door, kind: push, name: Front door }]']);
  t.teardown(edge.stop);
  await edge.access.users.create('ada', 'admin', PASSWORD);
  const { page, complaints } = await openPage(t, `${edge.url}/people`);
  await logInOn(page, 'ada', PASSWORD);

  await page.getByRole('button', { name: 'Add a user' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('Name').fill('ben');
  await form.getByLabel('New password').fill('password1234');
  await form.getByRole('button', { name: 'Add' }).click();
  await form.getByRole('alert').waitFor();
  const refused = complaints.splice(0);
  t.true(refused.length === 1 && refused[0]?.includes('422'), 'a weak password is refused');
  await form.getByLabel('New password').fill(OTHER);
  await form.getByRole('button', { name: 'Add' }).click();
  const users = page.getByRole('region', { name: 'Users' }).getByRole('table');
  await users.getByRole('row', { name: /^ben viewer/ }).waitFor();
  t.is((await edge.access.users.find('ben'))?.role, 'viewer');

  await users.getByRole('button', { name: 'Role of ben' }).click();
  await page.getByRole('dialog').getByLabel('Role').selectOption('operator');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await users.getByRole('row', { name: /^ben operator/ }).waitFor();

  await page.getByRole('button', { name: 'Add a token' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('home-assistant');
  await page.getByRole('dialog').getByLabel('Expires').selectOption('30');
  await page.getByRole('dialog').getByLabel('Front door').check();
  await page.getByRole('dialog').getByRole('button', { name: 'Add' }).click();
  const secret = await page.getByRole('textbox', { name: 'The token home-assistant' }).inputValue();
  t.deepEqual(await seriousFindings(page), []);
  const headers = { Authorization: `Bearer ${secret}` };
  t.is((await fetch(`${edge.url}/api/v1/cameras/door`, { headers })).status, 200);
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  const tokens = page.getByRole('region', { name: 'Tokens' });
  await tokens.getByRole('row', { name: /home-assistant viewer door never used/ }).waitFor();
  t.false((await page.content()).includes(secret), 'it is shown once');
  await tokens.getByRole('button', { name: 'Remove admin' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await page.getByText('the last administrator', { exact: true }).waitFor();
  t.is(await users.getByRole('button', { name: 'Remove ada' }).count(), 0);
  t.deepEqual(await seriousFindings(page), []);

  const began = performance.now();
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByRole('textbox', { name: 'Current password' }).fill(PASSWORD);
  await page.getByRole('textbox', { name: 'New password' }).fill('a lantern on the pier');
  await page.getByRole('dialog').getByRole('button', { name: 'Change password' }).click();
  await page.getByRole('heading', { name: 'Log in' }).waitFor();
  await logInOn(page, 'ada', 'a lantern on the pier');
  t.log(`a new password and a log-in with it: ${Math.round(performance.now() - began)} ms`);
  // The stream of the ended session ends in the middle.
  t.deepEqual(
    complaints.filter((line) => !/net::ERR_INCOMPLETE_CHUNKED_ENCODING .*\/live$/.test(line)),
    [],
  );
});

test('a viewer sees neither what others may do nor who they are, also on a phone', async (t) => {
  const edge = await startEdge();
  t.teardown(edge.stop);
  await edge.access.users.create('ada', 'admin', OTHER);
  await edge.access.users.create('eve', 'viewer', PASSWORD);
  const viewport = { width: 360, height: 740 };
  const { page, complaints } = await openPage(t, `${edge.url}/people`, { viewport });
  await logInOn(page, 'eve', PASSWORD);
  await page.getByRole('heading', { name: 'Sessions' }).waitFor();
  for (const name of ['Users', 'Tokens'])
    t.is(await page.getByRole('heading', { name }).count(), 0, name);
  t.false((await page.getByRole('main').innerText()).includes('ada'));
  for (const path of ['/people', '/cloud', '/system', '/system/log']) {
    await page.goto(`${edge.url}${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForLoadState('networkidle').catch(() => undefined);
    const width = await page.evaluate('document.documentElement.scrollWidth');
    t.is(width, 360, `${path} does not scroll sideways`);
    for (const name of [/Enrol/, /Restart/, /Download/, /Audit/])
      t.is(await page.getByRole('button', { name }).count(), 0, `${path}: ${name}`);
    t.deepEqual(await seriousFindings(page), [], path);
  }
  t.is(await page.getByRole('link', { name: 'Audit log' }).count(), 0);
  t.deepEqual(complaints, []);
});
