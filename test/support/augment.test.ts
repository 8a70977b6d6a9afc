import test from 'ava';
import sharp from 'sharp';
import { flip, noise, rotate, shift, zoom } from './augment.js';
import { renderScene, type Scene } from './render-scene.js';

const street = (seed = 1) =>
  renderScene({ width: 480, height: 270, seed, signs: [{ cx: 150, cy: 100, size: 60 }] });

/** Mean colour of a patch in the only box, at the given parts of its width and height. */
async function colourAt(scene: Scene, dx: number, dy: number) {
  const [box] = scene.boxes;
  if (!box) throw new Error('the scene has no sign');
  const left = Math.round(box.x + box.width * dx);
  const top = Math.round(box.y + box.height * dy);
  const patch = sharp(scene.jpeg).extract({ left: left - 2, top: top - 2, width: 5, height: 5 });
  const { channels } = await sharp(await patch.png().toBuffer()).stats();
  return channels.map((channel) => channel.mean);
}

const isSignRed = ([red = 0, green = 0, blue = 0]: number[]) =>
  red > 120 && green < 90 && blue < 90;

test('the same options draw the same snapshot, and another seed draws another', async (t) => {
  const first = await street();
  t.deepEqual((await street()).jpeg, first.jpeg);
  t.notDeepEqual((await street(2)).jpeg, first.jpeg);
  t.deepEqual(first.boxes, [{ x: 120, y: 70, width: 60, height: 60 }]);
});

test('the expected box stays on the sign, whatever changes the snapshot', async (t) => {
  const scene = await street();
  t.true(isSignRed(await colourAt(scene, 0.5, 0.2)), 'as drawn');
  t.true(isSignRed(await colourAt(await rotate(scene, 90), 0.8, 0.5)), 'turned by 90');
  t.true(isSignRed(await colourAt(await rotate(scene, 180), 0.5, 0.8)), 'turned by 180');
  t.true(isSignRed(await colourAt(await rotate(scene, 270), 0.2, 0.5)), 'turned by 270');
  t.true(isSignRed(await colourAt(await flip(scene, 'horizontal'), 0.5, 0.2)), 'mirrored');
  t.true(isSignRed(await colourAt(await flip(scene, 'vertical'), 0.5, 0.8)), 'upside down');
  t.true(isSignRed(await colourAt(await noise(scene, 0.02), 0.5, 0.2)), 'noisy');
  t.true(isSignRed(await colourAt(await shift(scene, 40, 20), 0.5, 0.2)), 'shifted');
  const region = { x: 60, y: 30, width: 240, height: 135 };
  t.true(isSignRed(await colourAt(await zoom(scene, region), 0.5, 0.2)), 'enlarged');
});

test('a sign that a change moves out of the image is no longer expected', async (t) => {
  const scene = await street();
  t.deepEqual((await shift(scene, 340, 0)).boxes, []);
  t.deepEqual((await zoom(scene, { x: 240, y: 0, width: 240, height: 135 })).boxes, []);
});

test('a rotated snapshot has its sides exchanged', async (t) => {
  const turned = await rotate(await street(), 90);
  const { width, height } = await sharp(turned.jpeg).metadata();
  t.deepEqual({ width, height }, { width: 270, height: 480 });
  t.deepEqual({ width: turned.width, height: turned.height }, { width, height });
});
