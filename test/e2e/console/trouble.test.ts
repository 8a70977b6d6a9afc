import test from 'ava';
import type { Locator, Page, Route } from 'playwright-core';
import { consoleEdge, PASSWORD } from '../../support/console-edge.js';
import { logInOn, openPage, seriousFindings } from '../../support/console-page.js';

const dialogOf = (page: Page, title: string): Locator =>
  page.getByRole('dialog', { name: title, exact: true });

test('a session that ends while a form is open comes back with what was typed, to its user alone', async (t) => {
  const { edge, page } = await consoleEdge(t, { path: '/people' });
  await edge.access.users.create('vera', 'viewer', PASSWORD);
  const form = dialogOf(page, 'Add a user');
  const again = dialogOf(page, 'Log in');
  const logIn = async (user: string) => {
    await again.getByText('Your session has ended').waitFor();
    t.deepEqual(await seriousFindings(page), []);
    await again.getByLabel('User name').fill(user);
    await again.getByLabel('Password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await again.waitFor({ state: 'detached' });
  };
  await page.getByRole('button', { name: 'Add a user' }).click();
  await form.getByLabel('Name').fill('otto');
  await form.getByLabel('New password').fill('orange kettle at dawn');
  await page.context().clearCookies();
  await form.getByRole('button', { name: 'Add' }).click();
  await again.waitFor();
  t.is(await again.getByLabel('User name').inputValue(), 'ada');
  await again.getByLabel('Password').and(page.locator(':focus')).waitFor();
  for (let i = 0; i < 3; i++) await page.keyboard.press('Escape');
  await logIn('ada');
  t.is(await form.getByLabel('Name').inputValue(), 'otto');
  await form.getByRole('button', { name: 'Add' }).click();
  await page.getByRole('row').filter({ hasText: 'otto' }).first().waitFor();

  await page.getByRole('button', { name: 'Add a user' }).click();
  await form.getByLabel('Name').fill('private');
  await page.context().clearCookies();
  await form.getByLabel('New password').fill('orange kettle at dawn');
  await form.getByRole('button', { name: 'Add' }).click();
  await logIn('vera');
  await page.getByText('You are logged in as vera').waitFor();
  t.is(await form.count(), 0);
  t.is(await page.getByRole('button', { name: 'Add a user' }).count(), 0);
});

const problem = (status: number, code: string, detail: string) => (route: Route) =>
  route.fulfill({
    status,
    contentType: 'application/problem+json',
    body: JSON.stringify({ type: 'about:blank', title: code, status, code, detail }),
  });

/** How a request fails, and what the form says then. */
const FAILURES: { with(route: Route): unknown; says: RegExp }[] = [
  { with: problem(403, 'forbidden', 'It needs the role admin.'), says: /It needs the role admin/ },
  { with: problem(429, 'rate_limited', 'Retry after 9 s.'), says: /Retry after 9 s/ },
  {
    with: (route) => route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>' }),
    says: /the error 502, without a reason/,
  },
  {
    with: (route) => route.fulfill({ status: 200, contentType: 'text/html', body: '<h1>' }),
    says: /not of this program/,
  },
  { with: (route) => route.abort(), says: /There is no answer/ },
];

interface Form {
  path: string;
  open?: string;
  /** By label; all of them are kept. */
  typed: Record<string, string>;
  submit: string;
}

const FORMS: Form[] = [
  {
    path: '/people',
    open: 'Add a user',
    typed: { Name: 'otto', 'New password': 'orange kettle at dawn' },
    submit: 'Add',
  },
  { path: '/people', open: 'Add a token', typed: { Name: 'grafana' }, submit: 'Add' },
  {
    path: '/people',
    open: 'Change password',
    typed: { 'Current password': PASSWORD, 'New password': 'orange kettle at dawn' },
    submit: 'Change password',
  },
  {
    path: '/notifications',
    open: 'Add a way',
    typed: { Name: 'Duty phone', Address: 'https://ntfy.example.com/depot-7' },
    submit: 'Save and test',
  },
];

test('each form says why it failed, keeps what was typed, and can be sent again', async (t) => {
  t.timeout(240_000);
  const { edge, page } = await consoleEdge(t, { path: '/people' });
  for (const { path, open, typed, submit } of FORMS) {
    await page.goto(`${edge.url}${path}`);
    if (open) await page.getByRole('button', { name: open }).click();
    const form = page.getByRole('dialog');
    for (const [label, text] of Object.entries(typed)) await form.getByLabel(label).fill(text);
    const button = form.getByRole('button', { name: submit, exact: true });
    for (const { with: fail, says } of FAILURES) {
      let sent = 0;
      const answer = (route: Route) => {
        if (route.request().method() === 'GET') return route.continue();
        sent += 1;
        return fail(route);
      };
      await page.route('**/api/v1/**', answer);
      await button.click();
      await form.getByRole('alert').filter({ hasText: says }).waitFor();
      t.is(sent, 1, `${open}: one try sends once`);
      await page.unroute('**/api/v1/**', answer);
      for (const [label, text] of Object.entries(typed))
        t.is(await form.getByLabel(label).inputValue(), text, `${open}: ${label}`);
      t.is(await button.getAttribute('aria-disabled'), null);
    }
    t.deepEqual(await seriousFindings(page), [], open);
    await page.keyboard.press('Escape');
    await form.waitFor({ state: 'detached' });
  }
});

test('dates, numbers and days are those of a reader in Auckland who reads German', async (t) => {
  const { edge, page: first } = await consoleEdge(t);
  await first.close();
  const { page, complaints } = await openPage(t, `${edge.url}/events?day=2026-09-27`, {
    locale: 'de-DE',
    timezoneId: 'Pacific/Auckland',
  });
  await logInOn(page, 'ada', PASSWORD);
  await page.getByRole('heading', { name: 'Sonntag, 27. September 2026' }).waitFor();
  const hours = page.getByRole('navigation', { name: 'Hours of the day' }).getByRole('link');
  t.is(await hours.count(), 23, 'the day on which the clock is set forward');
  t.regex((await hours.nth(2).getAttribute('aria-label')) ?? '', /^03:00 to 04:00/);
  await page.goto(`${edge.url}/events?day=2026-04-05`);
  await page.getByRole('heading', { name: 'Sonntag, 5. April 2026' }).waitFor();
  t.is(await hours.count(), 25, 'the day on which it is set back');
  await page.goto(`${edge.url}/people`);
  await page
    .getByText(/\d\d\.\d\d\.2026, \d\d:\d\d:\d\d/)
    .first()
    .waitFor();
  t.deepEqual(complaints, []);
});
