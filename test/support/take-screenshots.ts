import { mkdir, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { projectRoot } from '../../core/runtime/project-root.js';
import { launchChromium } from './console-page.js';
import { startEdge } from './edge.js';
import { eventually } from './eventually.js';
import { startRelay } from './relay.js';
import { renderScene, type Sign } from './render-scene.js';
import { temporaryFolder } from './temporary-folder.js';

/**
 * Takes the pictures of docs/images/ from a real appliance and a real relay, with cameras that are folders of rendered
 * scenes. Their files have times of the last days, so that there is something to look back at.
 */

const OUT = join(projectRoot(), 'docs', 'images');
const SIZE = { width: 960, height: 540 };
const HOUR_MS = 3_600_000;
const DAYS = 6;
const PASSWORD = 'violet tram under rain';

const CAMERAS = [
  { id: 'street', name: 'Street', seed: 3, visits: [7, 8, 12, 13, 17, 18] },
  { id: 'gate', name: 'Main gate', seed: 5, visits: [6, 9, 16, 22] },
  { id: 'car-park', name: 'Car park', seed: 1, visits: [8, 10, 15, 18] },
  { id: 'loading-bay', name: 'Loading bay', seed: 6, visits: [5, 11, 14] },
  { id: 'yard', name: 'Yard', seed: 8, visits: [12] },
];

const signOf = (i: number): Sign => ({
  cx: 300 + ((i * 131) % 400),
  cy: 215 + ((i * 17) % 30),
  size: 60 + ((i * 23) % 70),
});

/** For each visit scenes with a sign and without; the last files show a sign now. */
async function fillFolder(folder: string, seed: number, visits: number[]): Promise<number> {
  const now = Date.now();
  const midnight = new Date(now).setUTCHours(0, 0, 0, 0);
  const times: { at: number; signs: Sign[] }[] = [];
  for (let day = DAYS; day >= 0; day--)
    for (const [i, hour] of visits.entries()) {
      const at =
        midnight - day * 24 * HOUR_MS + hour * HOUR_MS + ((seed * 7 + i * 11) % 50) * 60_000;
      if (at > now - HOUR_MS / 4) continue;
      const minutes = (count: number) => at + count * 60_000;
      const sign = [signOf(day + i)];
      times.push(...[0, 1].map((minute) => ({ at: minutes(minute), signs: sign })));
      // An object has left when several snapshots do not show it.
      times.push(...[2, 3, 4].map((minute) => ({ at: minutes(minute), signs: [] })));
    }
  times.push({ at: now - 60_000, signs: [] });
  times.push(...[20, 10, 0].map((s) => ({ at: now - s * 1_000, signs: [signOf(seed)] })));
  for (const [i, { at, signs }] of times.entries()) {
    const { jpeg } = await renderScene({ ...SIZE, seed, signs });
    const file = join(folder, `${String(i).padStart(4, '0')}.jpg`);
    await writeFile(`${file}.part`, jpeg);
    await utimes(`${file}.part`, at / 1_000, at / 1_000);
    // A folder is read in the order in which files arrive.
    await rename(`${file}.part`, file);
  }
  return times.length;
}

interface Shot {
  name: string;
  path: string;
  phone?: boolean;
  dark?: boolean;
  prepare?(page: Page): Promise<void>;
}

async function takeAll(url: string, shots: Shot[], user?: string): Promise<void> {
  const browser = await launchChromium();
  for (const { name, path, phone, dark, prepare } of shots) {
    const context = await browser.newContext({
      viewport: phone ? { width: 390, height: 780 } : { width: 1280, height: 800 },
      colorScheme: dark ? 'dark' : 'light',
      locale: 'en-GB',
    });
    if (user) {
      const data = { user, password: PASSWORD };
      const headers = { Origin: url };
      await context.request.post(`${url}/api/v1/session`, { data, headers });
    }
    const page = await context.newPage();
    await page.goto(`${url}${path}`);
    await page.waitForTimeout(2_500);
    await prepare?.(page);
    const png = await page.screenshot();
    await sharp(png)
      .webp({ quality: 82 })
      .toFile(join(OUT, `${name}.webp`));
    console.log(`docs/images/${name}.webp`);
    await context.close();
  }
  await browser.close();
}

async function addNotification(page: Page, url: string): Promise<void> {
  const post = (path: string, data: unknown) =>
    page.request.post(`${url}/api/v1/notifications/${path}`, { data, headers: { Origin: url } });
  const phone = { id: 'phone', name: 'Duty phone', kind: 'webhook', preset: 'ntfy' };
  await post('ways', { ...phone, url: 'https://ntfy.example.com/depot-7' });
  const windows = [{ from: '22:00', to: '06:00' }];
  const night = { id: 'night', when: 'appeared', labels: ['stop sign'], cameras: ['street'] };
  await post('rules', { ...night, windows, ways: ['phone'] });
  await post('rules', { id: 'offline', when: 'camera_offline', ways: ['phone'] });
  await page.reload();
  await page.waitForTimeout(2_000);
}

const folder = await temporaryFolder();
await mkdir(OUT, { recursive: true });
for (const { id } of CAMERAS) await mkdir(join(folder, id));
const cameras = CAMERAS.map(
  ({ id, name }) =>
    `{ id: ${id}, name: ${name}, kind: folder, path: ${join(folder, id)}, schedule: "* * * * * *" }`,
);
const relay = await startRelay(['mqtt.embedded.auth=none']);
await relay.access.users.create('ada', 'admin', PASSWORD);
const edge = await startEdge([
  'site=depot-7',
  'detection.workers=2',
  'http.auth=none',
  `cameras=[${cameras.join(', ')}]`,
  `mqtt={ url: "${relay.brokerUrl}" }`,
]);
try {
  const counts = await Promise.all(
    CAMERAS.map(({ id, seed, visits }) => fillFolder(join(folder, id), seed, visits)),
  );
  const wanted = counts.reduce((sum, count) => sum + count, 0);
  console.log(`${wanted} snapshots of ${CAMERAS.length} cameras`);
  const taken = () => edge.cameras.statuses().reduce((sum, camera) => sum + camera.taken, 0);
  await eventually('every snapshot is analysed', () => taken() >= wanted, 600_000);
  await takeAll(edge.url, [
    { name: 'console-live', path: '/live' },
    { name: 'console-live-phone', path: '/live', phone: true, dark: true },
    { name: 'console-camera', path: '/live/street' },
    { name: 'console-events', path: '/events' },
    { name: 'console-charts', path: '/charts?period=week' },
    { name: 'console-add-camera', path: '/cameras/new' },
    { name: 'console-cameras', path: '/cameras' },
    { name: 'console-zones', path: '/cameras/street/zones' },
    { name: 'console-tuning', path: '/cameras/street/tuning' },
    {
      name: 'console-notifications',
      path: '/notifications',
      prepare: (page) => addNotification(page, edge.url),
    },
    { name: 'console-cloud', path: '/cloud' },
    { name: 'console-system', path: '/system', dark: true },
  ]);
  await takeAll(relay.url, [
    {
      name: 'relay-demo',
      path: '/',
      prepare: async (page) => {
        await page
          .locator('input[type=file]')
          .first()
          .setInputFiles(join(projectRoot(), 'samples', '4-two-signs.jpg'));
        await page.waitForTimeout(3_000);
      },
    },
  ]);
  await takeAll(relay.url, [{ name: 'relay-fleet', path: '/fleet' }], 'ada');
} finally {
  await edge.stop();
  await relay.stop();
}
