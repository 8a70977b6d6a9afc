import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { ImageResult } from '../../../../core/contract/image.js';
import { launchChromium } from '../../../support/console-page.js';
import { startEdge } from '../../../support/edge.js';
import { renderScene } from '../../../support/render-scene.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

type Analysed = Extract<ImageResult, { status: 'OK' }>;

/** A name as in an office network, so that Swagger UI does not take this for somebody's own machine. */
const NAME = 'appliance.example';

test('the page for trying out the API is served entirely by this server', async (t) => {
  const edge = await startEdge();
  t.teardown(edge.stop);
  const page = await fetch(`${edge.url}/docs`);
  t.is(page.status, 200);
  t.regex(page.headers.get('Content-Type') ?? '', /^text\/html/);
  const html = await page.text();
  const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link = '']) => link);
  t.true(links.length >= 3);
  for (const link of links) {
    const { origin } = new URL(link, edge.url);
    t.is(origin, edge.url, link);
    const asset = await fetch(new URL(link, edge.url));
    t.is(asset.status, 200, link);
    t.true((await asset.arrayBuffer()).byteLength > 100, link);
  }
  t.notRegex(html, /https?:\/\/(?!www\.w3\.org\/)/, 'no other host is named');
});

/** Swagger UI in Chromium, which knows no other host, with a token. */
async function openDocs(t: ExecutionContext, settings: string[] = []) {
  const edge = await startEdge(settings);
  t.teardown(edge.stop);
  const browser = await launchChromium(`MAP ${NAME} 127.0.0.1, MAP * ~NOTFOUND`);
  t.teardown(() => browser.close());
  const page = await browser.newPage();
  const elsewhere: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol.startsWith('http') && hostname !== NAME) elsewhere.push(request.url());
  });
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`http://${NAME}:${edge.http.address.port}/docs`);
  await page.locator('button.authorize').click();
  await page.locator('#auth-bearer-value').fill(edge.adminToken);
  const bearer = page.locator('.auth-container form', { hasText: 'Bearer' });
  await bearer.locator('button.authorize').click();
  await bearer.locator('button.btn-done').click();
  /** Opens an operation, and resolves with the response to its execution. */
  const operation = async (id: string) => {
    const block = page.locator(`#operations-${id}`);
    await block.locator('.opblock-summary-control').click();
    const execute = async (method: string) => {
      const [response] = await Promise.all([
        page.waitForResponse((one) => one.request().method() === method),
        block.locator('button.execute').click(),
      ]);
      return response;
    };
    return { block, execute };
  };
  return { edge, page, elsewhere, complaints, operation };
}

async function photoWithSign(): Promise<string> {
  const { jpeg } = await renderScene({
    width: 640,
    height: 360,
    seed: 1,
    signs: [{ cx: 200, cy: 150, size: 110 }],
  });
  const photo = join(await temporaryFolder(), 'photo.jpg');
  await writeFile(photo, jpeg);
  return photo;
}

test('an image can be tried out on the page, offline, with a token', async (t) => {
  const photo = await photoWithSign();
  const { page, elsewhere, complaints } = await openDocs(t);

  const upload = page.locator('#operations-images-post-objectdetection-image');
  await upload.locator('.opblock-summary-control').click();
  await upload.locator('input[type=file]').setInputFiles(photo);
  const answered = page.waitForResponse((response) => response.request().method() === 'POST');
  await upload.locator('button.execute').click();
  const answer = await answered;
  t.is(answer.status(), 200, await answer.text());
  const live = upload.locator('.live-responses-table .response').first();
  t.is((await live.locator('.response-col_status').innerText()).trim().slice(0, 3), '200');
  t.regex(await live.locator('.response-col_description').innerText(), /"label": "stop sign"/);

  const field = (name: string) => upload.locator(`[data-property-name="${name}"]`);
  await field('minSize').locator('input[type=text]').fill('');
  await field('detector').getByRole('button', { name: '-', exact: true }).click();
  await field('orientations').locator('select').selectOption(['0', '90']);
  const [second] = await Promise.all([
    page.waitForResponse((response) => response.request().method() === 'POST'),
    upload.locator('button.execute').click(),
  ]);
  t.is(second.status(), 200, await second.text());
  const { preparation, detectors } = (await second.json()) as Analysed;
  t.deepEqual(preparation.orientations, [0, 90]);
  t.is(detectors[0]?.id, 'stop-sign', 'the default, where none is named');

  t.deepEqual(elsewhere, []);
  t.deepEqual(complaints, []);
});

test('an upload to a camera can be tried out as the body itself, and as a form', async (t) => {
  const photo = await photoWithSign();
  const camera = 'cameras=[{ id: street, kind: push }]';
  const { complaints, operation } = await openDocs(t, [camera]);
  const { block, execute } = await operation('cameras-post-cameras-camera-snapshots');
  t.is(await block.locator('tr[data-param-name="camera"] input').inputValue(), 'street');
  for (const type of ['image/*', 'multipart/form-data']) {
    await block.locator('.opblock-section-request-body select.content-type').selectOption(type);
    await block.locator('input[type=file]').setInputFiles(photo);
    const response = await execute('POST');
    const live = block.locator('.live-responses-table .response').first();
    const answer = await live.locator('.response-col_description').innerText();
    t.is(response.status(), 200, `${type}: ${answer}`);
  }
  t.deepEqual(complaints, []);
});

test('the token is kept when the page is loaded again', async (t) => {
  const { page, operation } = await openDocs(t);
  await page.reload();
  const { execute } = await operation('site-get-site');
  t.is((await execute('GET')).status(), 200);
});

test('the event stream is shown by its schema, and ends when it is tried out', async (t) => {
  const { block, execute } = await (await openDocs(t)).operation('sightings-get-events-stream');
  const seconds = block.locator('tr[data-param-name="seconds"] input');
  t.is(await seconds.inputValue(), '10', 'it is filled in');
  await seconds.fill('1');
  const response = await execute('GET');
  t.is(response.status(), 200);
  await response.finished();
  const live = block.locator('.live-responses-table .response').first();
  t.regex(await live.locator('.response-col_description').innerText(), /retry: 3000/);
  t.regex(await block.locator('.responses-table').last().innerText(), /appeared/);
});

test('the examples on the page are values that an appliance may really have', async (t) => {
  const { block } = await (await openDocs(t)).operation('sightings-get-sightings');
  const example = await block.locator('.responses-table .example').first().innerText();
  t.regex(example, /"startedAt": "2026-11-27T/);
  t.regex(example, /"camera": "street"/);
  t.notRegex(example, /"\d{4}-\d{2}-\d{2}T(?<!"2026-11-27T)/);
  const from = block.locator('tr[data-param-name="from"] input');
  t.is(await from.inputValue(), '', 'no filter is filled in');
});
