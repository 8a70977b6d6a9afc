import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { openPage, seriousFindings } from '../../support/console-page.js';
import { startRelay } from '../../support/relay.js';

const sample = (name: string) => join(projectRoot(), 'samples', name);
const TWO_SIGNS = sample('4-two-signs.jpg');

async function openDemo(
  t: ExecutionContext,
  settings: string[] = [],
  options?: Parameters<typeof openPage>[2],
) {
  const relay = await startRelay(settings);
  t.teardown(relay.stop);
  const opened = await openPage(t, relay.url, options);
  const { page } = opened;
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.getByLabel('stop sign', { exact: true }).first().waitFor();
  const foreign = () =>
    asked.filter((url) => !/^(blob|data):/.test(url) && !url.startsWith(relay.url));
  return { ...opened, relay, foreign };
}

/** Hands a file to the page as a drop or a paste. */
async function hand(page: Page, how: 'drop' | 'paste', file: string, type: string) {
  const bytes = readFileSync(file).toString('base64');
  await page.evaluate(`{
    const bytes = Uint8Array.from(atob('${bytes}'), (char) => char.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], 'handed.jpg', { type: '${type}' }));
    document.body.dispatchEvent(
      '${how}' === 'drop'
        ? new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })
        : new ClipboardEvent('paste', { clipboardData: data, bubbles: true }),
    );
  }`);
}

const pick = (page: Page, file: Parameters<ReturnType<Page['locator']>['setInputFiles']>[0]) =>
  page.locator('input[type=file]').first().setInputFiles(file);

test('a visitor searches pictures by drop, paste, sample and choice, and deletes them', async (t) => {
  const { page, complaints, relay, foreign } = await openDemo(t);
  t.deepEqual(await seriousFindings(page), []);
  const counted = () => page.locator('.counters dd').first().innerText().then(Number);
  t.is(await counted(), 0);

  await hand(page, 'drop', TWO_SIGNS, 'image/jpeg');
  await page.getByRole('heading', { name: '2 objects found' }).waitFor();
  t.is(await page.locator('.picture rect.inner').count(), 2);
  t.is(await page.locator('.found li').count(), 2);
  t.true(await page.getByText(/Decoded in .* ms, searched in .* ms/).isVisible());
  t.deepEqual(await seriousFindings(page), []);

  await hand(page, 'paste', sample('1-empty-street.jpg'), 'image/jpeg');
  await page.getByRole('heading', { name: 'Nothing was found' }).waitFor();
  t.is(await page.locator('.picture rect.inner').count(), 0);

  await page.getByRole('button', { name: 'A stop sign close by' }).click();
  await page.getByRole('heading', { name: '1 object found' }).waitFor();
  const line = await page.locator('.command code').first().innerText();
  t.regex(line, /^curl -so 3-sign-near\.jpg http/);
  t.true(line.includes(`-F detector=stop-sign ${relay.url}/api/v1/objectdetection/image`), line);

  await pick(page, TWO_SIGNS);
  await page.getByRole('heading', { name: '2 objects found' }).waitFor();
  await page.getByLabel('cat face').check();
  await page.getByText('searched before').or(page.getByText('Decoded in')).first().waitFor();
  await page.locator('.command code').first().getByText('detector=cat-face').waitFor();

  const images = () => relay.images.images.list({ limit: 50 });
  const stored = (await images()).images.length;
  t.true(stored >= 4, String(stored));
  await page.getByRole('button', { name: /Delete my pictures now/ }).click();
  await page.getByText('Deleted: the picture').waitFor();
  t.is((await images()).images.length, 0);
  t.true(await page.getByText('Drop a picture here').isVisible());
  t.deepEqual(complaints, []);
  t.deepEqual(foreign(), []);
});
