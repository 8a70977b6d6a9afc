import test from 'ava';
import { logInOn, openPage, seriousFindings } from '../../support/console-page.js';
import { startEdge } from '../../support/edge.js';

const PASSWORD = 'violet tram under rain';

test('a person logs in, finds the views of the role, and logs out', async (t) => {
  const edge = await startEdge();
  t.teardown(edge.stop);
  await edge.access.users.create('ada', 'viewer', PASSWORD);
  const { page, complaints } = await openPage(t, edge.url);
  await page.getByRole('heading', { name: 'Log in' }).waitFor();
  t.deepEqual(await seriousFindings(page), []);
  t.deepEqual(complaints, [], 'nobody is logged in: that is no error');

  await page.getByLabel('User name').fill('ada');
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('alert').waitFor();
  t.true((await page.getByRole('alert').innerText()).length > 10);
  const refused = complaints.splice(0);
  t.true(refused.length > 0 && refused.every((line) => line.includes('401')), refused.join());

  await logInOn(page, 'ada', PASSWORD);
  t.true(await page.getByRole('link', { name: 'Events' }).isVisible());
  t.is(await page.getByRole('link', { name: 'Notifications' }).count(), 0, 'for administrators');
  t.deepEqual(await seriousFindings(page), []);

  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByRole('heading', { name: 'Log in' }).waitFor();
});

test('the policy of the pages allows nothing inline, and their files are compressed', async (t) => {
  const edge = await startEdge();
  t.teardown(edge.stop);
  const response = await fetch(edge.url, { headers: { 'Accept-Encoding': 'br' } });
  t.is(response.headers.get('Content-Encoding'), 'br');
  const policy = response.headers.get('Content-Security-Policy') ?? '';
  t.regex(policy, /default-src 'none'; script-src 'self'; style-src 'self'/);
  t.notRegex(policy, /unsafe/);
  const html = await response.text();
  const [, script = ''] = /src="(\/assets\/[^"]+\.js)"/.exec(html) ?? [];
  const asset = await fetch(`${edge.url}${script}`);
  t.is(asset.status, 200);
  t.regex(asset.headers.get('Cache-Control') ?? '', /immutable/);
  t.is((await fetch(`${edge.url}/assets/..%2f..%2fpackage.json`)).status, 404);
  const view = await fetch(`${edge.url}/events/2026-11-27`);
  t.is(await view.text(), html, 'a view has the page of the console');
});
