import anyTest, { type TestFn } from 'ava';
import type { Box } from '../../../core/contract/detection.js';
import type { ImageResult } from '../../../core/contract/image.js';
import { ApiClient } from '../../support/api-client.js';
import { blur, flip, noise, rotate, shift, zoom } from '../../support/augment.js';
import { type RunningEdge, startEdge } from '../../support/edge.js';
import { renderScene, type Scene } from '../../support/render-scene.js';

type Analysed = Extract<ImageResult, { status: 'OK' }>;

const test = anyTest as TestFn<{ edge: RunningEdge; api: ApiClient; street: Scene }>;

test.before(async (t) => {
  const edge = await startEdge();
  const street = await renderScene({
    width: 960,
    height: 540,
    seed: 6,
    signs: [{ cx: 330, cy: 210, size: 140 }],
  });
  t.context = { edge, api: await ApiClient.connect(edge.url, edge.adminToken), street };
});

test.after.always(async (t) => {
  await t.context.edge?.stop();
});

/** Intersection over union. */
function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  const shared = Math.max(0, width) * Math.max(0, height);
  return shared / (a.width * a.height + b.width * b.height - shared);
}

/** A trained box is drawn a little wider or tighter than the sign. */
const TOLERATED_OVERLAP = 0.6;

const changes: [string, (scene: Scene) => Promise<Scene>, string?][] = [
  ['as it is', async (scene) => scene],
  ['mirrored', (scene) => flip(scene, 'horizontal')],
  ['blurred by 1 pixel', (scene) => blur(scene, 1)],
  ['blurred by 2 pixels', (scene) => blur(scene, 2)],
  ['blurred by 4 pixels', (scene) => blur(scene, 4)],
  ['with 1 % of noise', (scene) => noise(scene, 0.01)],
  ['with 2 % of noise', (scene) => noise(scene, 0.02)],
  ['with 5 % of noise', (scene) => noise(scene, 0.05)],
  ['shifted', (scene) => shift(scene, 211, 97)],
  ['enlarged', (scene) => zoom(scene, { x: 150, y: 80, width: 480, height: 270 })],
  ['rotated by 90°', (scene) => rotate(scene, 90), '270'],
  ['rotated by 180°', (scene) => rotate(scene, 180), '180'],
  ['rotated by 270°', (scene) => rotate(scene, 270), '90'],
  ['upside down', (scene) => flip(scene, 'vertical'), '180'],
];

for (const [name, change, turned] of changes)
  test(`the sign is found in a snapshot ${name}`, async (t) => {
    const { api, street } = t.context;
    const scene = await change(street);
    const fields: Record<string, string> = turned === undefined ? {} : { orientations: turned };
    const { status, json } = await api.upload<Analysed>(t, scene.jpeg, fields);
    t.is(status, 200);
    t.is(json.image.width, scene.width);
    const boxes = json.detections.map(({ box }) => box);
    t.is(boxes.length, scene.boxes.length, JSON.stringify(boxes));
    for (const expected of scene.boxes) {
      const best = Math.max(...boxes.map((box) => overlap(box, expected)));
      t.true(best > TOLERATED_OVERLAP, `${best.toFixed(2)} of ${JSON.stringify(expected)}`);
    }
  });
