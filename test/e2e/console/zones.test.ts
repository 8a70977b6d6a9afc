import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import type { CameraSettings } from '../../../core/contract/camera-settings.js';
import type { ImagePage } from '../../../core/contract/image.js';
import type { SightingPage } from '../../../core/contract/sighting.js';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { type ConsoleEdge, consoleEdge } from '../../support/console-edge.js';
import { seriousFindings } from '../../support/console-page.js';
import { eventually } from '../../support/eventually.js';
import { measure } from '../../support/task-meter.js';

/** It shows two stop signs: one in the left half, one in the right. */
const PICTURE = join(projectRoot(), 'samples', '4-two-signs.jpg');

async function push(t: ExecutionContext, { api }: ConsoleEdge, times: number) {
  const body = new Uint8Array(await readFile(PICTURE));
  for (let time = 0; time < times; time++)
    await api.call(t, 'POST', '/api/v1/cameras/yard/snapshots', {
      body,
      headers: { 'Content-Type': 'image/jpeg' },
    });
}

async function withCamera(t: ExecutionContext, viewport?: { width: number; height: number }) {
  const parts = await consoleEdge(t, { ...(viewport && { viewport }) });
  await parts.api.post(t, '/api/v1/cameras', { id: 'yard', name: 'Yard', kind: 'push' });
  await push(t, parts, 1);
  await parts.page.getByRole('link', { name: 'Yard', exact: true }).click();
  await parts.page.getByRole('link', { name: 'Zones' }).click();
  return parts;
}

const zonesOf = async (t: ExecutionContext, { api }: ConsoleEdge) =>
  (await api.get<{ settings: CameraSettings }>(t, '/api/v1/cameras/yard/settings')).json.settings
    .zones ?? [];

async function clickAt(page: Page, points: [number, number][]): Promise<void> {
  const canvas = page.getByLabel('Picture of the camera with its zones');
  await canvas.scrollIntoViewIfNeeded();
  const box = await canvas.boundingBox();
  if (!box) throw new Error('the picture is not shown');
  for (const [x, y] of points)
    await page.mouse.click(box.x + x * box.width, box.y + y * box.height);
}

const save = async (page: Page) => {
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved. It is in effect.').first().waitFor();
};

test.serial('a zone is drawn with the mouse, and events come from it alone', async (t) => {
  const parts = await withCamera(t);
  const { page, api, complaints } = parts;
  const { json } = await api.get<ImagePage>(t, '/api/v1/objectdetection/image?camera=yard');
  const found = json.images[0]?.detections ?? [];
  const width = json.images[0]?.width ?? 0;
  t.is(found.length, 2);
  const [left] = [...found].sort((a, b) => a.box.x - b.box.x);
  const border = ((left?.box.x ?? 0) + (left?.box.width ?? 0)) / width + 0.02;

  await measure(t, page, 'draw a zone', async () => {
    await page.getByRole('button', { name: 'Draw a zone' }).click();
    await clickAt(page, [
      [0.02, 0.02],
      [border, 0.02],
      [border, 0.98],
      [0.02, 0.98],
      [0.02, 0.02],
    ]);
    await page.getByLabel('Name', { exact: true }).fill('gate');
    await save(page);
  });
  t.deepEqual(await seriousFindings(page), []);
  const [zone] = await zonesOf(t, parts);
  t.like(zone, { name: 'gate', kind: 'include' });
  t.is(zone?.points.length, 4);

  await push(t, parts, 3);
  const { sightings } = (await api.get<SightingPage>(t, '/api/v1/sightings')).json;
  t.deepEqual(
    sightings.map(({ zones, label }) => [zones, label]),
    [[['gate'], 'stop sign']],
    'of the two signs, the one in the zone',
  );
  t.true((sightings[0]?.box.x ?? width) < border * width);
  t.deepEqual(complaints, []);
});

test.serial('corners are moved, added and removed with the keyboard and as numbers', async (t) => {
  const parts = await withCamera(t);
  const { page, complaints } = parts;
  await page.getByRole('button', { name: 'Add a rectangle' }).click();
  await page.getByRole('button', { name: /^Corner 1 of 4/ }).focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Shift+ArrowUp');
  await page.keyboard.press('Insert');
  await page
    .getByRole('button', { name: /^Corner 2 of 5/ })
    .and(page.locator(':focus'))
    .waitFor();
  await page.keyboard.press('Delete');
  await page.getByText('Corners as numbers').click();
  await page.getByLabel('Corner 3, per cent from the left').fill('90');
  await page.keyboard.press('Tab');
  await page.getByLabel('Kind').selectOption('mask');
  await save(page);
  const [zone] = await zonesOf(t, parts);
  t.is(zone?.kind, 'mask');
  t.deepEqual(zone?.points, [
    [0.245, 0.2],
    [0.75, 0.25],
    [0.9, 0.75],
    [0.25, 0.75],
  ]);
  t.deepEqual(await seriousFindings(page), []);

  await page.getByRole('button', { name: 'Remove zone zone-1' }).click();
  await save(page);
  await page.getByRole('button', { name: 'Undo this change' }).click();
  await page.getByText('Undone.').waitFor();
  t.is((await zonesOf(t, parts)).length, 1, 'the removed zone is back');
  t.deepEqual(complaints, []);
});

test.serial('corners and whole zones are dragged on a phone', async (t) => {
  const parts = await withCamera(t, { width: 360, height: 740 });
  const { page, complaints } = parts;
  await page.getByRole('button', { name: 'Add a rectangle' }).click();
  const canvas = page.getByLabel('Picture of the camera with its zones');
  await canvas.scrollIntoViewIfNeeded();
  const box = await canvas.boundingBox();
  if (!box) return t.fail('the picture is not shown');
  const drag = async (from: [number, number], to: [number, number]) => {
    await page.mouse.move(box.x + from[0] * box.width, box.y + from[1] * box.height);
    await page.mouse.down();
    await page.mouse.move(box.x + to[0] * box.width, box.y + to[1] * box.height, { steps: 4 });
    await page.mouse.up();
  };
  await drag([0.25, 0.25], [0.1, 0.1]);
  await drag([0.5, 0.55], [0.6, 0.55]);
  await drag([0.975, 0.5], [0.975, 0.5]);
  const width = await page.evaluate('document.documentElement.scrollWidth');
  t.true(Number(width) <= 360, `${width} pixels wide`);
  await save(page);
  const [zone] = await zonesOf(t, parts);
  const near = (value: number | undefined, to: number) => Math.abs((value ?? 9) - to) < 0.02;
  t.true(near(zone?.points[0]?.[0], 0.2) && near(zone?.points[0]?.[1], 0.1), String(zone?.points));
  t.true(near(zone?.points[2]?.[0], 0.85), String(zone?.points));
  const stored = await eventually(async () => (await zonesOf(t, parts))[0]);
  t.is(stored.kind, 'include');
  t.deepEqual(complaints, []);
});
