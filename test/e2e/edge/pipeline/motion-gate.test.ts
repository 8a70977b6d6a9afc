import test from 'ava';
import type { Thumbnail } from '../../../../core/detection/detection.js';
import { DetectionPool } from '../../../../core/detection/pool/detection-pool.js';
import { silentLogger } from '../../../../core/runtime/logger.js';
import { MotionGate, THUMBNAIL_SIDE } from '../../../../edge/pipeline/motion-gate.js';
import { MotionGates } from '../../../../edge/pipeline/motion-gates.js';
import { type MotionSettings, motionSchema } from '../../../../edge/sightings/sighting-settings.js';
import { planFor } from '../../../core/detection/detection-setup.js';
import { fixedView, lightAt, twentySigns } from '../../../support/fixed-camera.js';

let pool: DetectionPool;

test.before(async () => {
  pool = new DetectionPool({ log: silentLogger(), workers: 1 });
  await pool.start();
});

test.after.always(() => pool?.stop());

/** As a gate is given it. */
async function thumbnailOf(bytes: Promise<Buffer>): Promise<Thumbnail> {
  const given: Thumbnail[] = [];
  await pool.analyseIf(await bytes, {
    side: THUMBNAIL_SIDE,
    planFor: async (thumbnail) => {
      given.push(thumbnail);
      return undefined;
    },
  });
  const [thumbnail] = given;
  if (!thumbnail) throw new Error('the gate was not given a thumbnail');
  return thumbnail;
}

const settings = (more: object = {}) => motionSchema.parse(more);

test('with a fixed scene, noise and slow light, nine of ten searches are saved', async (t) => {
  const view = await fixedView(7);
  const gate = new MotionGate(settings());
  let searched = 0;
  for (let i = 0; i < 500; i++) {
    const thumbnail = await thumbnailOf(view.snapshot(i, lightAt(i)));
    if (!gate.admits(thumbnail, false)) continue;
    gate.searched(thumbnail);
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
      const thumbnail = await thumbnailOf(street.snapshot(i, lightAt(i++)));
      if (gate.admits(thumbnail, false)) gate.searched(thumbnail);
    }
    const thumbnail = await thumbnailOf(withSign.snapshot(i, lightAt(i++)));
    if (gate.admits(thumbnail, false)) gate.searched(thumbnail);
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
    const thumbnail = await thumbnailOf(view.snapshot(i, 1));
    if (!gate.admits(thumbnail, false)) continue;
    gate.searched(thumbnail);
    searched.push(i);
  }
  t.deepEqual(searched, [0, 10, 30]);
});

test('a failed search is made up for with the next snapshot', async (t) => {
  const street = await fixedView(9);
  const gate = new MotionGate(settings());
  t.true(gate.admits(await thumbnailOf(street.snapshot(1, 1)), false));
  const again = await thumbnailOf(street.snapshot(2, 1));
  t.true(gate.admits(again, false));
  gate.searched(again);
  t.false(gate.admits(await thumbnailOf(street.snapshot(3, 1)), false));
});

test('each camera has its own gate, a requested snapshot passes it, and what does not decode is for the analysis', async (t) => {
  const street = await fixedView(9);
  const plan = await planFor();
  const unsettled = new Set<string>();
  const gates = new MotionGates({ isUnsettled: (camera) => unsettled.has(camera) });
  const motion = settings();
  const admit = (camera: string, bytes: Buffer, requested = false, ofCamera?: MotionSettings) =>
    gates.admit(camera, ofCamera ?? motion, requested, ({ side, admits }) =>
      pool.analyseIf(bytes, {
        side,
        planFor: async (thumbnail) => (admits(thumbnail) ? plan : undefined),
      }),
    );
  const show = async (camera: string, seed: number, requested = false) => {
    const admission = await admit(camera, await street.snapshot(seed, 1), requested);
    admission?.searched();
    if (admission) t.truthy(admission.analysis, 'the search ran in the same job');
    return admission !== undefined;
  };
  t.deepEqual(
    [await show('gate', 1), await show('gate', 2), await show('yard', 3)],
    [true, false, true],
  );
  t.true(await show('gate', 4, true), 'requested');
  unsettled.add('gate');
  t.true(await show('gate', 5), 'something is about to appear');
  const undecodable = await admit('gate', Buffer.from('no image'));
  t.truthy(undecodable);
  t.is(undecodable?.analysis, undefined);
  const withoutGate = await gates.admit('lobby', undefined, false, () => t.fail('no gate'));
  t.truthy(withoutGate);
  t.is(withoutGate?.analysis, undefined);
  t.is(gates.saved, 1);
});

test('a search that fails behind the gate is reported, and the next snapshot is searched', async (t) => {
  const street = await fixedView(9);
  const gates = new MotionGates({ isUnsettled: () => false });
  const motion = settings();
  const thumbnail = await thumbnailOf(street.snapshot(1, 1));
  const admit = (isFailing: boolean) =>
    gates.admit('gate', motion, false, async ({ admits }) => {
      if (admits(thumbnail) && isFailing) throw new Error('the search failed');
      return undefined;
    });
  await t.throwsAsync(admit(true), { message: 'the search failed' });
  const admission = await admit(false);
  t.truthy(admission);
  admission?.searched();
  t.is(await admit(false), undefined);
});
