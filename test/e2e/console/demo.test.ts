import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
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

test('what cannot be searched is refused in words, with what helps', async (t) => {
  const { page, complaints, relay } = await openDemo(t, [
    'images.maxMegapixels=0.4',
    'images.maxUploadMegabytes=0.1',
    'demo.uploadsPerMinute=4',
  ]);
  await pick(page, {
    name: 'notes.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from('no picture'),
  });
  await page.getByText('not a picture of a kind').waitFor();
  t.deepEqual(await seriousFindings(page), []);

  const wide = { width: 1_600, height: 900, channels: 3, background: '#456' } as const;
  const large = await sharp({ create: wide }).png().toBuffer();
  await pick(page, { name: 'large.png', mimeType: 'image/png', buffer: large });
  await page.getByText('scaled it from 1,600 × 900 to').waitFor();
  await page.getByRole('heading', { name: 'Nothing was found' }).waitFor();
  const { images } = await relay.images.images.list({ limit: 1 });
  t.true((images[0]?.width ?? 0) * (images[0]?.height ?? 0) <= 400_000);

  const endless = { name: 'endless.bin', mimeType: 'image/png', buffer: Buffer.alloc(200_000) };
  await pick(page, endless);
  await page.getByText('your browser cannot make it smaller').waitFor();

  for (let i = 0; i < 3; i += 1) {
    await page.getByRole('button', { name: 'A stop sign close by' }).click();
    await page
      .getByRole('heading', { name: '1 object found' })
      .or(page.getByText('You can try again in'))
      .first()
      .waitFor();
  }
  await page.getByText('your address has reached its limit for now').waitFor();
  t.true(await page.getByRole('button', { name: 'Try again' }).isDisabled());
  t.true(
    complaints.every((line) => /40[0-9]|415|42[0-9]/.test(line)),
    complaints.join('\n'),
  );
});

test('a damaged picture is searched when the visitor says so', async (t) => {
  const { page } = await openDemo(t);
  const cut = readFileSync(TWO_SIGNS).subarray(0, 40_000);
  await pick(page, { name: 'cut.jpg', mimeType: 'image/jpeg', buffer: cut });
  await page.getByText('A part of this picture is missing').waitFor();
  await page.getByRole('button', { name: 'Search what is there' }).click();
  await page.getByText('the rest was searched').waitFor();
  t.true(
    await page
      .locator('.command code')
      .first()
      .innerText()
      .then((line) => line.includes('-F damaged=accept')),
  );
});

test('the demo fits a phone, and says what it is to robots and previews', async (t) => {
  const { page, relay, complaints } = await openDemo(t, ['publicUrl=https://demo.example.com'], {
    viewport: { width: 360, height: 740 },
    hasTouch: true,
    isMobile: true,
    colorScheme: 'dark',
  });
  t.true(await page.getByRole('button', { name: 'Take a photo' }).isVisible());
  t.is(await page.locator('input[capture=environment]').count(), 1);
  await page.getByRole('button', { name: 'A street with two' }).tap();
  await page.getByRole('heading', { name: '2 objects found' }).waitFor();
  t.is(await page.evaluate('document.documentElement.scrollWidth'), 360);
  t.deepEqual(await seriousFindings(page), []);
  t.deepEqual(complaints, []);

  const html = await (await fetch(relay.url)).text();
  t.regex(html, /<meta property="og:image" content="https:\/\/demo\.example\.com\/card\.jpg" \/>/);
  t.regex(html, /<link rel="canonical" href="https:\/\/demo\.example\.com\/" \/>/);
  const card = await fetch(`${relay.url}/card.jpg`);
  t.is(card.headers.get('Content-Type'), 'image/jpeg');
  t.deepEqual(await sizeOf(await card.arrayBuffer()), [1_200, 630]);
  t.regex(await (await fetch(`${relay.url}/robots.txt`)).text(), /Disallow: \/fleet/);
});

test('without publicUrl a page names no address, whatever the Host header says', async (t) => {
  const { relay } = await openDemo(t);
  const html = await (await fetch(relay.url)).text();
  t.notRegex(html, /og:url|canonical|og:image"/);
});

async function sizeOf(bytes: ArrayBuffer): Promise<(number | undefined)[]> {
  const { width, height } = await sharp(bytes).metadata();
  return [width, height];
}
