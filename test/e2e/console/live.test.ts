import test from 'ava';
import sharp from 'sharp';
import { logInOn, openPage, seriousFindings } from '../../support/console-page.js';
import { startEdge } from '../../support/edge.js';
import { PASSWORD, snapshotOf, startEdgeWithCameras } from '../../support/edge-with-cameras.js';
import { freePort } from '../../support/free-port.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

test.serial(
  'the live page shows a new snapshot with its boxes without a reload, and one camera whole',
  async (t) => {
    const edge = await startEdgeWithCameras({ cameras: ['gate', 'yard'] });
    t.teardown(edge.stop);
    const { page, complaints } = await openPage(t, edge.url);
    await logInOn(page, 'otto', PASSWORD);
    const gate = page
      .getByRole('listitem')
      .filter({ has: page.getByRole('link', { name: 'Gate' }) });
    await gate.getByText('No picture yet').waitFor();

    const first = await edge.push('gate', await snapshotOf(1));
    const picture = gate.getByRole('img', { name: 'Last snapshot of Gate' });
    await picture.waitFor();
    t.true((await picture.getAttribute('src'))?.includes(first));
    await gate.locator('svg rect.line').waitFor();
    t.regex((await gate.locator('svg text').textContent()) ?? '', /stop sign \d+%/);
    await gate.getByText('Online').waitFor();
    t.regex(await gate.innerText(), /1 stop sign for/);
    t.regex(await gate.innerText(), /Taken/);

    const second = await edge.push('gate', await snapshotOf(2, []));
    await page.waitForSelector(`img[alt="Last snapshot of Gate"][src*="${second}"]`);
    t.is(await gate.locator('svg rect').count(), 0, 'the boxes are those of the picture');
    await gate.getByText('Nothing there').waitFor();

    await edge.push('yard', await snapshotOf(3));
    await page.locator('svg rect.line').waitFor();
    await page.getByRole('button', { name: 'Boxes' }).click();
    t.is(await page.locator('svg rect').count(), 0);
    await page.reload();
    await page.getByRole('img', { name: 'Last snapshot of Yard' }).waitFor();
    t.is(await page.locator('svg rect').count(), 0, 'the choice is remembered');
    await page.getByRole('button', { name: 'Boxes' }).click();
    t.deepEqual(await seriousFindings(page), []);

    await page.getByRole('link', { name: 'Yard' }).click();
    await page.getByRole('heading', { name: 'Yard', level: 1 }).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Paused', { exact: true }).waitFor();
    await page.getByText(/^Old picture, taken/).waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByText('Online', { exact: true }).waitFor();
    await page.getByText(/^Taken/).waitFor();
    t.is(await page.getByRole('link', { name: 'Settings' }).getAttribute('href'), '/cameras/yard');
    t.is(await page.locator('.event-card').count(), 1, 'its last event');

    const scene = await snapshotOf(4);
    const tiff = await sharp(scene.jpeg).tiff({ compression: 'none' }).toBuffer();
    const third = await edge.push('yard', { ...scene, jpeg: tiff });
    await page.waitForSelector(`img[alt="Last snapshot of Yard"][src*="${third}/thumbnail"]`);
    t.deepEqual(await seriousFindings(page), []);
    t.deepEqual(complaints, []);
  },
);

test.serial(
  'the live page says when the connection is lost, marks pictures as old, and recovers',
  async (t) => {
    const dataFolder = await temporaryFolder(t);
    const settings = [`http.port=${await freePort()}`];
    const start = () => startEdgeWithCameras({ cameras: ['gate'], dataFolder, settings });
    const edge = await start();
    await edge.push('gate', await snapshotOf(1));
    const { page, complaints } = await openPage(t, edge.url);
    await logInOn(page, 'ada', PASSWORD);
    await page.getByText(/^Taken/).waitFor();
    t.is(await page.getByRole('alert').count(), 0);

    await edge.stop();
    await page.getByRole('alert').filter({ hasText: 'The connection was lost' }).waitFor();
    await page.getByText(/^Old picture, taken/).waitFor();
    const isOfConnection = (line: string) => /net::ERR_|status of 503/.test(line);
    t.true(complaints.every(isOfConnection), complaints.join('\n'));

    const again = await start();
    t.teardown(again.stop);
    await page.getByRole('alert').waitFor({ state: 'detached', timeout: 30_000 });
    const id = await again.push('gate', await snapshotOf(2));
    await page.waitForSelector(`img[src*="${id}"]`);
    await page.getByText(/^Taken/).waitFor();
  },
);

test.serial('without cameras, the live page leads an administrator to the first one', async (t) => {
  const edge = await startEdge();
  t.teardown(edge.stop);
  await edge.access.users.create('root', 'admin', PASSWORD);
  const { page, complaints } = await openPage(t, edge.url);
  await logInOn(page, 'root', PASSWORD);
  const link = page.getByRole('link', { name: 'Add your first camera' });
  await link.waitFor();
  t.is(await link.getAttribute('href'), '/cameras/new');
  t.deepEqual(await seriousFindings(page), []);
  t.deepEqual(complaints, []);
});

test.serial(
  'thirty cameras are searched, filtered and shown on a wall; only pictures on the screen are loaded',
  async (t) => {
    const cameras = Array.from(
      { length: 30 },
      (_, i) => `camera-${String(i + 1).padStart(2, '0')}`,
    );
    const edge = await startEdgeWithCameras({ cameras });
    t.teardown(edge.stop);
    const empty = await snapshotOf(1, []);
    for (const camera of cameras) await edge.push(camera, empty);
    await edge.push('camera-07', await snapshotOf(2));
    const size = { width: 360, height: 740 };
    const { page, complaints } = await openPage(t, edge.url, { viewport: size });
    const loaded = new Set<string>();
    page.on('request', (request) => {
      if (request.url().includes('/thumbnail')) loaded.add(request.url());
    });
    await logInOn(page, 'ada', PASSWORD);
    await page.getByRole('img').first().waitFor();
    t.is(await page.locator('.tile').count(), 30);
    t.true(loaded.size < 10, `${loaded.size} pictures`);
    t.is(await page.evaluate('document.documentElement.scrollWidth'), 360, 'no scrolling sideways');

    await page.getByLabel('Show', { exact: true }).selectOption('With objects now');
    await page.getByText('1 of 30 cameras').waitFor();
    t.regex(page.url(), /show=occupied/, 'the choice is in the address');
    await page.getByLabel('Search cameras').fill('camera 12');
    await page.getByText('No camera matches').waitFor();
    await page.getByRole('link', { name: 'Show all cameras' }).click();
    await page.getByText('30 cameras').waitFor();
    t.deepEqual(await seriousFindings(page), []);

    await page.setViewportSize({ width: 1280, height: 800 });
    await page.getByRole('button', { name: 'Full screen' }).click();
    await page.getByRole('navigation').waitFor({ state: 'hidden' });
    const bottom = await page.locator('.tile').last().boundingBox();
    t.true((bottom?.y ?? 1_000) + (bottom?.height ?? 0) <= 800, 'all fit on the screen');
    t.deepEqual(await seriousFindings(page), []);
    await page.getByRole('button', { name: 'Leave full screen' }).click();
    await page.getByRole('navigation').waitFor();
    t.deepEqual(complaints, []);
  },
);
