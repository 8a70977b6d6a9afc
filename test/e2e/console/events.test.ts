import { readFile } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import { logInOn, openPage, seriousFindings } from '../../support/console-page.js';
import { PASSWORD, snapshotOf, startEdgeWithCameras } from '../../support/edge-with-cameras.js';

const HOUR_MS = 3_600_000;

/** The zone of the reader: its days are not those of the appliance. */
const ZONE = { timezoneId: 'America/New_York' };

/** All events of the tests that have few of them are on the screen. */
const TALL = { viewport: { width: 1280, height: 1800 } };

/** The begin of a day of the page: 0 is today, -1 yesterday. */
const dayBegin = (page: Page, days: number): Promise<number> =>
  page.evaluate((offset) => {
    const date = new Date();
    date.setHours(0, 0, 0, 0);
    date.setDate(date.getDate() + offset);
    return date.getTime();
  }, days);

async function start(t: ExecutionContext, user: string) {
  const edge = await startEdgeWithCameras({ cameras: ['gate', 'yard'] });
  t.teardown(edge.stop);
  const image = await edge.push('gate', await snapshotOf(1));
  const { page, complaints } = await openPage(t, edge.url, { ...ZONE, ...TALL });
  const yesterday = await dayBegin(page, -1);
  const add = (camera: string, label: string, hours: number[]) =>
    edge.store({ camera, label, image, begins: hours.map((hour) => yesterday + hour * HOUR_MS) });
  add('gate', 'person', [0.1, 8, 8.2, 14.5, 23.9]);
  add('yard', 'car', [8.1, 20]);
  add('yard', 'car', [-2]);
  await logInOn(page, user, PASSWORD);
  await page.getByRole('link', { name: 'Events', exact: true }).click();
  return { edge, page, complaints, yesterday, image };
}

const cards = (page: Page) => page.locator('.event-card');

test.serial("yesterday's events are one click away, filtered, and exported as shown", async (t) => {
  const { page, complaints } = await start(t, 'ada');
  await page.getByRole('link', { name: 'Yesterday' }).click();
  await page.getByText('7 events', { exact: true }).waitFor();
  t.is(await cards(page).count(), 7, 'the days are those of the reader');
  t.deepEqual(await seriousFindings(page), []);

  await page.getByText('Filter', { exact: true }).click();
  await page.getByLabel('Gate').check();
  await page.getByText('5 events', { exact: true }).waitFor();
  await page.getByLabel('person').check();
  await page.getByLabel('Door').check();
  await page.getByLabel('From').fill('08:00');
  await page.getByLabel('To', { exact: true }).fill('09:00');
  await page.getByText('2 events', { exact: true }).waitFor();
  const { searchParams } = new URL(page.url());
  t.deepEqual(
    ['camera', 'label', 'zone', 'from', 'to'].map((name) => searchParams.get(name)),
    ['gate', 'person', 'Door', '08:00', '09:00'],
  );
  await page.reload();
  await page.getByText('2 events', { exact: true }).waitFor();
  t.deepEqual(await seriousFindings(page), []);

  await page.getByText('Export', { exact: true }).click();
  const [csv] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Table (CSV)' }).click(),
  ]);
  const lines = (await readFile(await csv.path(), 'utf8')).trim().split('\r\n');
  t.is(lines.length, 3, 'a heading and what the filter shows');
  t.true(lines.slice(1).every((line) => line.includes('gate') && line.includes('person')));
  const [coco] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: /COCO/ }).click(),
  ]);
  t.is((await readFile(await coco.path())).subarray(0, 2).toString(), 'PK');

  await page.getByRole('link', { name: 'Clear the filter' }).click();
  await page.getByText('7 events', { exact: true }).waitFor();
  await page.getByRole('link', { name: 'Previous day' }).click();
  await page.getByText('1 event', { exact: true }).waitFor();
  await page.getByRole('link', { name: 'Next day' }).click();
  await page.getByText('7 events', { exact: true }).waitFor();
  t.deepEqual(complaints, []);
});

test.serial(
  'the zones to filter by are those of the chosen cameras, of their events, and of the link',
  async (t) => {
    const { edge, page, complaints, yesterday, image } = await start(t, 'ada');
    const begins = [yesterday + 9 * HOUR_MS];
    edge.store({ camera: 'yard', label: 'car', image, begins, zone: 'Old ramp' });
    await page.goto(`${edge.url}/events?zone=Attic`);
    await page.getByRole('link', { name: 'Yesterday' }).click();
    await page.getByText('No events on this day fit the filter.').waitFor();
    await page.getByText('Filter (1 set)').click();
    const zones = page.getByRole('group', { name: 'Zones' });
    const names = () => zones.locator('label').allInnerTexts();
    await zones.getByLabel('Door').waitFor();
    t.deepEqual(await names(), ['Attic', 'Door'], 'the unknown one of the link stays');
    await zones.getByLabel('Attic').click();
    await zones.getByLabel('Old ramp').check();
    await page.getByText('1 event', { exact: true }).waitFor();
    await zones.getByLabel('Door').check();
    await page.getByText('8 events', { exact: true }).waitFor();
    t.deepEqual(new URL(page.url()).searchParams.getAll('zone'), ['Old ramp', 'Door']);
    t.deepEqual(await seriousFindings(page), []);
    await zones.getByLabel('Old ramp').uncheck();
    await page.getByLabel('Gate').check();
    await zones.getByLabel('Old ramp').waitFor({ state: 'detached' });
    t.deepEqual(await names(), ['Door'], 'those of other cameras are no choice');
    t.deepEqual(complaints, []);
  },
);

test.serial('an event is shown with its box and its neighbours, and marked as wrong', async (t) => {
  const { edge, page, complaints, image } = await start(t, 'otto');
  await page.getByRole('link', { name: 'Yesterday' }).click();
  await page.getByText('7 events', { exact: true }).waitFor();
  await cards(page).filter({ hasText: 'car' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('heading', { name: 'car at Yard' }).waitFor();
  await dialog.locator(`img[src$="${image}"]`).waitFor();
  await dialog.locator('svg rect.line').waitFor();
  t.regex(await dialog.innerText(), /Duration\s+20s/);
  t.regex(await dialog.innerText(), /Door/);
  t.deepEqual(await seriousFindings(page), []);

  await dialog.getByRole('button', { name: 'Earlier' }).click();
  await dialog.getByRole('heading', { name: 'person at Gate' }).waitFor();
  await page.keyboard.press('ArrowRight');
  await dialog.getByRole('heading', { name: 'car at Yard' }).waitFor();

  await dialog.getByLabel('What is wrong').fill('A cart, not a car');
  await dialog.getByRole('button', { name: 'Mark as wrong' }).click();
  await dialog.getByText(/^Marked as wrong by otto/).waitFor();
  const link = page.url();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await dialog.waitFor({ state: 'detached' });
  t.is(await cards(page).filter({ hasText: 'Wrong' }).count(), 1, 'the list has the mark at once');

  const id = new URL(link).searchParams.get('event');
  await page.goto(`${edge.url}/events/${id}`);
  await dialog.getByText('A cart, not a car').waitFor();
  await page.keyboard.press('Escape');
  await page.getByText('7 events', { exact: true }).waitFor();
  await cards(page).filter({ hasText: 'Wrong' }).click();
  await dialog.getByRole('button', { name: 'Remove the mark' }).click();
  await dialog.getByLabel('What is wrong').waitFor();
  t.deepEqual(complaints, []);
});

test.serial('a viewer cannot mark events, and the page is used on a phone', async (t) => {
  const { page, complaints } = await start(t, 'ada');
  await page.setViewportSize({ width: 360, height: 740 });
  await page.getByRole('link', { name: 'Yesterday' }).click();
  await cards(page).first().waitFor();
  t.is(await page.evaluate('document.documentElement.scrollWidth'), 360, 'no scrolling sideways');
  await cards(page).first().click();
  await page.getByRole('dialog').locator('svg rect.line').waitFor();
  t.is(await page.getByRole('button', { name: 'Mark as wrong' }).count(), 0);
  t.deepEqual(await seriousFindings(page), []);
  t.deepEqual(complaints, []);
});

test.serial(
  "a camera's day is shown as a film, or how to get the program that makes it",
  async (t) => {
    const { page, complaints } = await start(t, 'ada');
    await page.getByText('Filter', { exact: true }).click();
    await page.getByLabel('Gate').check();
    await page.getByRole('button', { name: 'Time-lapse of the day' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.locator('video').or(dialog.getByText('apt install ffmpeg')).waitFor();
    t.deepEqual(await seriousFindings(page), []);
    t.deepEqual(
      complaints.filter((line) => !line.includes('status of 501')),
      [],
    );
  },
);

test.serial(
  'a new event is announced on the page of today and does not move the list',
  async (t) => {
    const { edge, page, complaints } = await start(t, 'ada');
    await page.getByText('1 event', { exact: true }).waitFor();
    await edge.push('yard', await snapshotOf(2));
    await page.getByRole('button', { name: '1 new event: show it' }).click();
    await page.getByText('2 events', { exact: true }).waitFor();
    t.is(await cards(page).count(), 2);
    t.deepEqual(complaints, []);
  },
);

test.serial(
  'ten thousand events of a day are scrolled through with few of them in the document',
  async (t) => {
    const { edge, page, complaints, yesterday, image } = await start(t, 'ada');
    const begins = Array.from({ length: 10_000 }, (_, i) => yesterday + i * 8_000);
    const newest = await edge.push('gate', await snapshotOf(3));
    edge.store({ camera: 'gate', label: 'cat', image, begins: begins.slice(0, -500) });
    edge.store({ camera: 'gate', label: 'cat', image: newest, begins: begins.slice(-500) });
    const failed: string[] = [];
    page.on('requestfailed', (request) => failed.push(request.url()));
    await page.route(`**/${newest}/thumbnail*`, () => undefined);
    await page.getByRole('link', { name: 'Yesterday' }).click();
    await cards(page).first().waitFor();
    let most = 0;
    for (let i = 0; i < 60 && !(await page.getByText('10,007 events').isVisible()); i++) {
      await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)');
      await page.waitForTimeout(100);
      most = Math.max(most, await cards(page).count());
    }
    await page.getByText('10,007 events').waitFor();
    t.true(most > 0 && most < 150, `${most} events in the document`);
    t.true(
      failed.some((url) => url.includes(newest)),
      'a picture that is no longer on the screen is not loaded to its end',
    );
    await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)');
    await cards(page).filter({ hasText: '12:00:00 AM' }).waitFor();
    t.deepEqual(complaints, []);
  },
);

test.serial(
  'the chart of a day leads to the events of an hour, and a table has the same numbers',
  async (t) => {
    const { page, complaints } = await start(t, 'ada');
    await page.getByRole('link', { name: 'Charts' }).click();
    await page.getByRole('button', { name: 'Earlier' }).click();
    const chart = page.getByRole('img', { name: /^Events from .*: 7 events/ });
    await chart.locator('canvas').waitFor();
    await page.getByText('car 2').waitFor();
    t.deepEqual(await seriousFindings(page), []);
    const over = await page.locator('.u-over').boundingBox();
    t.truthy(over);
    if (!over) return;
    await page.mouse.click(over.x + (over.width * 8.3) / 24, over.y + over.height - 5);
    await page.waitForURL(/from=08%3A00&to=09%3A00/);
    await page.getByText('3 events', { exact: true }).waitFor();

    await page.goBack();
    await page.getByLabel('Show as').selectOption('Table');
    const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: '08:00 AM' }) });
    t.deepEqual((await row.innerText()).split(/\s*\t\s*/), ['08:00 AM', '2', '1', '3']);
    for (const period of ['7 days', '31 days']) {
      await page.getByLabel('Period').selectOption(period);
      await page.getByText('8 events', { exact: true }).waitFor();
      t.deepEqual(await seriousFindings(page), []);
    }
    t.deepEqual(complaints, []);
  },
);
