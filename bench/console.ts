import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openPage } from '../test/support/console-page.js';
import { storeSightings } from '../test/support/store-sightings.js';
import { type Appliance, startAppliance } from './support/appliance.js';
import { scrollFigures, scrollTables, scrollThrough } from './support/console-scroll.js';
import { childrenOf, cpuMs } from './support/processes.js';
import { percentiles, printFigures, printTable } from './support/report.js';
import { photo } from './support/scenes.js';
import { uniqueJpeg } from './support/unique-jpeg.js';

// Debian packages: chromium

/**
 * The console in Chromium: size and time of its first view, what a page with the grid of all cameras costs the appliance,
 * and the times of frames while a day of many events is scrolled through.
 */
const PARTS = ['grid', 'first-view', 'scroll'] as const;
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'grid,first-view,scroll' },
    cameras: { type: 'string', default: '30' },
    seconds: { type: 'string', default: '30' },
    every: { type: 'string', default: '10' },
    events: { type: 'string', default: '10000' },
    pictures: { type: 'string', default: '500' },
    loads: { type: 'string', default: '5' },
  },
});
const parts = values.only.split(',');
const unknown = parts.filter((part) => !PARTS.some((known) => known === part));
if (unknown.length > 0)
  throw new Error(`--only has no part ${unknown.join(', ')}; choose from: ${PARTS.join(', ')}`);
const cameras = Number(values.cameras);
const seconds = Number(values.seconds);
const every = Number(values.every);
const events = Number(values.events);
const pictures = Number(values.pictures);

const VIEW = { viewport: { width: 1280, height: 800 } };
const SETTLE_MS = 5_000;
/** Milliseconds from the begin of the navigation until a camera is shown and the page takes input. Runs in the page. */
const UNTIL_SHOWN = `(async () => {
  while (!document.querySelector('.tile')) await new Promise(requestAnimationFrame);
  await new Promise((resolve) => setTimeout(resolve));
  return performance.now();
})()`;

const ends: (() => unknown)[] = [];
const open = (url: string) => openPage({ teardown: (end) => ends.push(end) }, url, VIEW);
const endAll = async () => {
  for (const end of ends.splice(0).reverse()) await end();
};

/** Processor time of the service and its workers, as a share of one core. */
async function shareOfCore({ pid }: Appliance): Promise<{ service: number; workers: number }> {
  const workers = () => childrenOf(pid).reduce((sum, child) => sum + cpuMs(child), 0);
  const before = { service: cpuMs(pid), workers: workers() };
  await delay(seconds * 1_000);
  return {
    service: (cpuMs(pid) - before.service) / (10 * seconds),
    workers: (workers() - before.workers) / (10 * seconds),
  };
}

/** Pushes a picture that is different for each number. */
const push = (url: string, camera: string, jpeg: Buffer, n: number): Promise<Response> =>
  fetch(`${url}/api/v1/cameras/${camera}/snapshots`, {
    method: 'POST',
    headers: { 'Content-Type': 'image/jpeg' },
    body: new Blob(uniqueJpeg(jpeg, n).map((part) => new Uint8Array(part))),
  });

/** Lets each camera push a picture of 1920 × 1080 pixels in turn, of which no two are the same. */
async function pushing(url: string, ended: AbortSignal): Promise<void> {
  const jpeg = await photo({ width: 1920, height: 1080 });
  for (let n = 0; !ended.aborted; n++) {
    await push(url, `camera-${(n % cameras) + 1}`, jpeg, n);
    await delay((1_000 * every) / cameras, undefined, { signal: ended }).catch(() => undefined);
  }
}

/** What a page with the grid costs while pictures come, or while none do. */
async function costOfGrid(isBusy: boolean) {
  const ids = Array.from({ length: cameras }, (_, i) => `{ id: camera-${i + 1}, kind: push }`);
  const appliance = await startAppliance(1, [], [`cameras=[${ids.join(',')}]`]);
  const ended = new AbortController();
  ends.push(() => appliance.stop());
  ends.push(() => ended.abort());
  const url = `http://127.0.0.1:${appliance.port}`;
  if (isBusy) void pushing(url, ended.signal);
  await delay(SETTLE_MS);
  const closed = await shareOfCore(appliance);
  const { page } = await open(url);
  await page
    .locator('.tile')
    .nth(cameras - 1)
    .waitFor({ state: 'attached' });
  await delay(SETTLE_MS);
  const opened = await shareOfCore(appliance);
  await endAll();
  return {
    pictures: isBusy ? `of each camera every ${every} s` : 'no new ones',
    'service %': closed.service,
    'with the page': opened.service,
    'workers %': closed.workers,
    'with the page ': opened.workers,
    'page costs %': opened.service + opened.workers - closed.service - closed.workers,
  };
}

/** Bytes as they are sent, and until the cameras are on the screen and the page takes input. */
async function firstView(url: string) {
  const times: number[] = [];
  let bytes = 0;
  for (let i = 0; i < Number(values.loads); i++) {
    const { page } = await open(`${url}/api/v1/session/current`);
    bytes = 0;
    const sizes: Promise<unknown>[] = [];
    page.on('requestfinished', (request) => {
      if (!['document', 'script', 'stylesheet'].includes(request.resourceType())) return;
      sizes.push(request.sizes().then((size) => (bytes += size.responseBodySize)));
    });
    await page.goto(url, { waitUntil: 'commit' });
    times.push(await page.evaluate<number>(UNTIL_SHOWN));
    await Promise.all(sizes);
    await endAll();
  }
  return { bytes, ms: percentiles(times).p50, longest: percentiles(times).max };
}

/** Takes snapshots of which no two are the same, and returns the ids of their images. */
async function takePictures(url: string): Promise<string[]> {
  const jpeg = await photo({ width: 640, height: 360 });
  const images: string[] = [];
  for (let n = 0; n < pictures; n++) {
    const answer = await push(url, 'camera-1', jpeg, n);
    if (!answer.ok) throw new Error(`a snapshot was refused: ${await answer.text()}`);
    images.push(((await answer.json()) as { image: string }).image);
  }
  return images;
}

/** A day with many events, from its last to its first. */
async function scrolling(appliance: Appliance, url: string) {
  const images = await takePictures(url);
  // The page has to ask for each thumbnail; that the appliance has made it before keeps its work out of the frames.
  for (const image of images)
    await (
      await fetch(`${url}/api/v1/objectdetection/image/${image}/thumbnail?width=320`)
    ).arrayBuffer();
  const day = new Date();
  day.setHours(0, 0, 0, 0);
  const begin = day.getTime() - 86_400_000;
  for (const [n, image] of images.entries()) {
    const begins: number[] = [];
    for (let i = n; i < events; i += images.length) begins.push(begin + (i * 86_400_000) / events);
    storeSightings(appliance.dataFolder, { camera: 'camera-1', label: 'cat', image, begins });
  }
  const { page } = await open(`${url}/events`);
  await page.getByRole('link', { name: 'Yesterday' }).click();
  await page.locator('.event-card').first().waitFor();
  return scrollThrough(page, [appliance.pid, ...appliance.workers]);
}

async function costsOfGrid(): Promise<Record<string, number>> {
  const quiet = await costOfGrid(false);
  const busy = await costOfGrid(true);
  printTable([quiet, busy]);
  return { gridQuietPercent: quiet['page costs %'], gridBusyPercent: busy['page costs %'] };
}

async function costsOfView(url: string): Promise<Record<string, number>> {
  const view = await firstView(url);
  printTable([
    { 'first view': 'bytes', figure: view.bytes },
    { 'first view': 'ms, median', figure: view.ms },
    { 'first view': 'ms, longest', figure: view.longest },
  ]);
  return { firstViewBytes: view.bytes, firstViewMs: view.ms };
}

/** The parts that need one camera alone. */
async function onePage(): Promise<Record<string, number>> {
  const appliance = await startAppliance(
    1,
    [],
    ['cameras=[{ id: camera-1, kind: push, maxPerMinute: 6000 }]'],
  );
  try {
    const url = `http://127.0.0.1:${appliance.port}`;
    const view = parts.includes('first-view') ? await costsOfView(url) : {};
    if (!parts.includes('scroll')) return view;
    const scroll = await scrolling(appliance, url);
    for (const line of scrollTables(scroll)) printTable([line]);
    return { ...view, ...scrollFigures(scroll) };
  } finally {
    await endAll();
    await appliance.stop();
  }
}

try {
  printFigures('console', {
    ...(parts.includes('grid') && (await costsOfGrid())),
    ...(parts.some((part) => part !== 'grid') && (await onePage())),
  });
} finally {
  await endAll();
}
