import test, { type ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import { ApiClient } from '../../support/api-client.js';
import { logInOn, openPage, seriousFindings, widerThanPlace } from '../../support/console-page.js';
import { startEdge } from '../../support/edge.js';
import { startRelay } from '../../support/relay.js';
import { renderScene } from '../../support/render-scene.js';
import { storeSightings } from '../../support/store-sightings.js';

const PASSWORD = 'violet tram under rain';
const PHONE = { width: 360, height: 740 };
const DESKTOP = { width: 1280, height: 800 };

/** Names that people give: long ones, with quotes and marks of other scripts, and one without a space to break at. */
const NAMES = [
  'Entrance "B" & <gate> of the northern warehouse, second row',
  '🦊 L’entrée de l’école',
  'Donaudampfschifffahrtsgesellschaftskapitänskajütenaußenkamera',
];
const CAMERAS = Array.from({ length: 30 }, (_, i) => ({
  id: i === 0 ? 'the-camera-with-an-id-that-is-as-long-as-an-id-may-be-at-a-site' : `camera-${i}`,
  name: NAMES[i % NAMES.length] ?? '',
}));

const EDGE_PATHS = (camera: string) => [
  '/live',
  '/live?wall=1',
  `/live/${camera}`,
  '/events',
  '/charts',
  '/cameras',
  '/cameras/new',
  '/cameras/detectors',
  ...['settings', 'zones', 'tuning', 'history'].map((tab) => `/cameras/${camera}/${tab}`),
  '/notifications',
  '/cloud',
  '/people',
  ...['', '/checks', '/log', '/audit', '/maintenance'].map((part) => `/system${part}`),
];

/** Loads each page as a bookmark would, and reports what is wrong on it by its path. */
async function walk(page: Page, url: string, paths: string[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const path of paths) {
    for (const viewport of [DESKTOP, PHONE]) {
      await page.setViewportSize(viewport);
      if (viewport === DESKTOP) await page.goto(`${url}${path}`);
      await settled(page);
      const found = [...(await seriousFindings(page)), ...(await widerThanPlace(page))];
      wrong.push(...found.map((line) => `${path} at ${viewport.width} px: ${line}`));
    }
  }
  return wrong;
}

/** Until nothing is loading any more. */
async function settled(page: Page): Promise<void> {
  await page.locator('h1, .tile').first().waitFor();
  await page.getByText('Loading').first().waitFor({ state: 'detached' });
  await page.waitForTimeout(300);
}

async function startFull(t: ExecutionContext) {
  const cameras = CAMERAS.map(
    ({ id, name }) => `{ id: ${id}, name: ${JSON.stringify(name)}, kind: push, maxPerMinute: 600 }`,
  );
  const edge = await startEdge([`cameras=[${cameras.join(', ')}]`]);
  t.teardown(edge.stop);
  await edge.access.users.create('ada', 'admin', PASSWORD);
  await edge.access.users.create('a.user-with-the-longest-name.at-the-site', 'viewer', PASSWORD);
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  const { jpeg } = await renderScene({ width: 640, height: 360, seed: 1, signs: [] });
  const [first] = CAMERAS;
  const response = await fetch(`${edge.url}/api/v1/cameras/${first?.id}/snapshots`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${edge.adminToken}`, 'Content-Type': 'image/jpeg' },
    body: new Uint8Array(jpeg),
  });
  const { image } = (await response.json()) as { image: string };
  const begins = Array.from({ length: 40 }, (_, i) => Date.now() - i * 60_000);
  const label = 'a label that is as long as labels of models may be';
  storeSightings(edge.dataFolder, { camera: first?.id ?? '', label, image, begins });
  return { edge, api };
}

test('each page of the console is readable on a phone and by screen readers, also with long names', async (t) => {
  t.timeout(300_000);
  const { edge } = await startFull(t);
  const { page, complaints } = await openPage(t, edge.url, { viewport: DESKTOP });
  await logInOn(page, 'ada', PASSWORD);
  t.deepEqual(await walk(page, edge.url, EDGE_PATHS(CAMERAS[0]?.id ?? '')), []);
  t.deepEqual(complaints, []);
});

test('each page of the relay is readable on a phone and by screen readers', async (t) => {
  t.timeout(200_000);
  const relay = await startRelay(['mqtt.embedded.auth=none']);
  t.teardown(relay.stop);
  await relay.access.users.create('ada', 'admin', PASSWORD);
  const site = 'the-site-with-an-id-that-is-as-long-as-an-id-of-a-site-may-be';
  await relay.fleet.createSite(site);
  const { page, complaints } = await openPage(t, relay.url, { viewport: DESKTOP });
  t.deepEqual(await walk(page, relay.url, ['/']), []);
  await page.goto(`${relay.url}/fleet`);
  await logInOn(page, 'ada', PASSWORD);
  const paths = ['/fleet', `/fleet/${site}`, `/fleet/${site}/events`, `/fleet/${site}/gaps`];
  t.deepEqual(await walk(page, relay.url, [...paths, '/notifications', '/people', '/audit']), []);
  t.deepEqual(complaints, []);
});
