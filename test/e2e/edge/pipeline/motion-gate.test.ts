import test from 'ava';
import { DetectionPool } from '../../../../core/detection/pool/detection-pool.js';
import { silentLogger } from '../../../../core/runtime/logger.js';
import { MotionGate, THUMBNAIL_SIDE } from '../../../../edge/pipeline/motion-gate.js';
import { MotionGates } from '../../../../edge/pipeline/motion-gates.js';
import { motionSchema } from '../../../../edge/sightings/sighting-settings.js';
import { fixedView, lightAt, twentySigns } from '../../../support/fixed-camera.js';

let pool: DetectionPool;

test.before(async () => {
  pool = new DetectionPool({ log: silentLogger(), workers: 1 });
  await pool.start();
});

test.after.always(() => pool?.stop());

const look = async (bytes: Promise<Buffer>) => pool.thumbnail(await bytes, THUMBNAIL_SIDE);
const settings = (more: object = {}) => motionSchema.parse(more);

test('with a fixed scene, noise and slow light, nine of ten searches are saved', async (t) => {
  const view = await fixedView(7);
  const gate = new MotionGate(settings());
  let searched = 0;
  for (let i = 0; i < 500; i++) {
    const small = await look(view.snapshot(i, lightAt(i)));
    if (!gate.admits(small, false)) continue;
    gate.searched(small);
    searched++;
  }
  t.log(`${searched} of 500 searched`);
  t.true(searched <= 50, `${searched} of 500 were searched`);
  t.true(searched >= 16, 'and a full search happens all the same');
});

test('none of twenty objects is missed when it appears, whatever its size', async (t) => {
  const street = await fixedView(7);
  const gate = new MotionGate(settings({ searchEvery: 10_000 }));
  const missed: number[] = [];
  let i = 0;
  for (const sign of twentySigns()) {
    const withSign = await fixedView(7, [sign]);
    for (let still = 0; still < 5; still++) {
      const small = await look(street.snapshot(i, lightAt(i++)));
      if (gate.admits(small, false)) gate.searched(small);
    }
    const small = await look(withSign.snapshot(i, lightAt(i++)));
    if (gate.admits(small, false)) gate.searched(small);
    else missed.push(sign.size);
  }
  t.deepEqual(missed, []);
});

test('what was searched becomes the scene: an object that stays is searched once, and again when it leaves', async (t) => {
  const [sign] = twentySigns();
  const street = await fixedView(9);
  const occupied = await fixedView(9, sign ? [sign] : []);
  const gate = new MotionGate(settings({ searchEvery: 10_000 }));
  const searched: number[] = [];
  for (let i = 0; i < 40; i++) {
    const view = i >= 10 && i < 30 ? occupied : street;
    const small = await look(view.snapshot(i, 1));
    if (!gate.admits(small, false)) continue;
    gate.searched(small);
    searched.push(i);
  }
  t.deepEqual(searched, [0, 10, 30]);
});

test('a failed search is made up for with the next snapshot', async (t) => {
  const street = await fixedView(9);
  const gate = new MotionGate(settings());
  t.true(gate.admits(await look(street.snapshot(1, 1)), false));
  const again = await look(street.snapshot(2, 1));
  t.true(gate.admits(again, false));
  gate.searched(again);
  t.false(gate.admits(await look(street.snapshot(3, 1)), false));
});

test('each camera has its own gate, a requested snapshot passes it, and an undecodable one goes to the search', async (t) => {
  const street = await fixedView(9);
  const unsettled = new Set<string>();
  const gates = new MotionGates({
    thumbnail: (bytes, side) => pool.thumbnail(bytes, side),
    isUnsettled: (camera) => unsettled.has(camera),
  });
  const motion = settings();
  const show = async (camera: string, seed: number, asked = false) => {
    const admission = await gates.admit(camera, motion, await street.snapshot(seed, 1), asked);
    admission?.searched();
    return admission !== undefined;
  };
  t.deepEqual(
    [await show('gate', 1), await show('gate', 2), await show('yard', 3)],
    [true, false, true],
  );
  t.true(await show('gate', 4, true), 'asked for');
  unsettled.add('gate');
  t.true(await show('gate', 5), 'something is about to appear');
  t.truthy(await gates.admit('gate', motion, Buffer.from('no image'), false));
  t.truthy(await gates.admit('lobby', undefined, await street.snapshot(6, 1), false), 'no gate');
  t.is(gates.saved, 1);
});
