import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { sha256Of } from '../../../../../core/images/analysis-key.js';
import { ProblemError } from '../../../../../core/runtime/errors.js';
import {
  agreement,
  cascadesOf,
  planFor,
  startPool,
} from '../../../../core/detection/detection-setup.js';
import { haarXml } from '../../../../core/detection/engine/support/cascade-xml.js';
import { rotate } from '../../../../support/augment.js';
import { renderScene } from '../../../../support/render-scene.js';
import { temporaryFolder } from '../../../../support/temporary-folder.js';

const sign = { cx: 420, cy: 200, size: 120 };
const street = (scale = 1) =>
  renderScene({
    width: 800 * scale,
    height: 600 * scale,
    seed: 7,
    signs: [{ cx: sign.cx * scale, cy: sign.cy * scale, size: sign.size * scale }],
  });

test.serial('a stop sign is found at its place', async (t) => {
  const pool = await startPool(t);
  const { jpeg, boxes } = await street();
  const found = await pool.analyse(jpeg, await planFor());
  t.like(found, { width: 800, height: 600, preparation: { workingSize: 1280, orientations: [0] } });
  t.is(found.detections.length, 1);
  const [detection] = found.detections;
  const [expected] = boxes;
  if (!detection || !expected) return t.fail();
  t.like(detection, { label: 'stop sign', detector: 'stop-sign' });
  t.is(typeof detection.score, 'number');
  t.true((detection.neighbors ?? 0) >= 5);
  t.true(detection.confidence >= 0.5);
  t.true(agreement(detection.box, expected) > 0.6);
});

test.serial('an image is searched upright, whatever its format and EXIF orientation', async (t) => {
  const pool = await startPool(t);
  const { jpeg } = await street();
  const plan = await planFor();
  const upright = await pool.analyse(await sharp(jpeg).png().toBuffer(), plan);
  const [expected] = upright.detections;
  if (!expected) return t.fail();
  for (const format of ['png', 'jpeg', 'webp'] as const)
    for (let orientation = 1; orientation <= 8; orientation++) {
      const stored = await storedAs(jpeg, orientation, format);
      const { width, height, detections } = await pool.analyse(stored, plan);
      const what = `${format}, orientation ${orientation}`;
      t.deepEqual({ width, height }, { width: 800, height: 600 }, what);
      const [detection] = detections;
      t.true(detection && agreement(detection.box, expected.box) > 0.8, what);
    }
});

/** The image with its pixels stored so that the orientation brings them upright. */
async function storedAs(image: Buffer, orientation: number, format: 'png' | 'jpeg' | 'webp') {
  const turns = { 5: 270, 6: 270, 7: 90, 8: 90, 3: 180 }[orientation] ?? 0;
  const turned = sharp(await sharp(image).rotate(turns).png().toBuffer());
  // Of the mirrored ones 5 and 7 are mirrored after turning, as seen from the stored pixels.
  if (orientation === 2) turned.flop();
  if (orientation === 4) turned.flip();
  if (orientation === 5 || orientation === 7) turned.flip();
  return turned.withMetadata({ orientation }).toFormat(format, { quality: 95 }).toBuffer();
}

test.serial(
  'a large photo is searched at its working size, and boxes are in its own pixels',
  async (t) => {
    const pool = await startPool(t);
    const { jpeg, boxes } = await street(3);
    const [expected] = boxes;
    for (const bytes of [jpeg, await sharp(jpeg).png({ compressionLevel: 1 }).toBuffer()])
      for (const workingSize of [1280, 700, 300]) {
        const plan = await planFor({ workingSize });
        const { width, height, detections } = await pool.analyse(bytes, plan);
        t.deepEqual({ width, height }, { width: 2400, height: 1800 });
        const [detection] = detections;
        t.true(
          detection && expected && agreement(detection.box, expected) > 0.6,
          `working size ${workingSize}`,
        );
      }
  },
);

test.serial(
  'the size of a photo with odd dimensions is exact though it is decoded reduced and rotated',
  async (t) => {
    const pool = await startPool(t);
    const bytes = await sharp({
      create: { width: 2003, height: 1501, channels: 3, background: '#777' },
    })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const { width, height } = await pool.analyse(bytes, await planFor({ workingSize: 200 }));
    t.deepEqual({ width, height }, { width: 1501, height: 2003 });
  },
);

test.serial('requested sizes are pixels of the photo, not of the working image', async (t) => {
  const pool = await startPool(t);
  const { jpeg } = await street(3);
  const count = async (fields: { minSize?: number; maxSize?: number }) =>
    (await pool.analyse(jpeg, await planFor({ workingSize: 800, ...fields }))).detections.length;
  t.is(await count({ minSize: 200, maxSize: 600 }), 1);
  t.is(await count({ minSize: 600 }), 0);
  t.is(await count({ maxSize: 200 }), 0);
  // Less than one pixel of the working image, yet still a limit.
  t.is(await count({ minSize: 1, maxSize: 1 }), 0);
});

test.serial('a rotated sign is found with orientations, once, at its place', async (t) => {
  const pool = await startPool(t);
  const scene = await street();
  for (const degrees of [90, 180, 270] as const) {
    const { jpeg, boxes } = await rotate(scene, degrees);
    const plan = await planFor({ orientations: [90, 180, 270] });
    const { detections } = await pool.analyse(jpeg, plan);
    const [detection] = detections;
    const [expected] = boxes;
    t.is(detections.length, 1, `${degrees}°`);
    t.true(detection && expected && agreement(detection.box, expected) > 0.6, `${degrees}°`);
  }
});

test.serial('several detectors share one image, and answer in the catalog’s order', async (t) => {
  const pool = await startPool(t);
  const { jpeg } = await street();
  const plan = await planFor({ detector: ['stop-sign-lbp', 'face', 'stop-sign'] });
  const first = await pool.analyse(jpeg, plan);
  const order = plan.detectors.map(({ id }) => id);
  t.deepEqual(order, ['stop-sign', 'stop-sign-lbp', 'face']);
  t.deepEqual(
    first.detectors.map(({ id }) => id),
    order,
  );
  const places = first.detections.map(({ detector }) => order.indexOf(detector));
  t.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  );
  t.true(
    ['stop-sign', 'stop-sign-lbp'].every((id) => first.detections.some((d) => d.detector === id)),
  );
  t.deepEqual((await pool.analyse(jpeg, plan)).detections, first.detections);
});

test.serial('without grouping every window is reported separately', async (t) => {
  const pool = await startPool(t);
  const { jpeg } = await street();
  const { detections } = await pool.analyse(jpeg, await planFor({ minNeighbors: 0 }));
  t.true(detections.length > 5);
  t.true(detections.every(({ neighbors }) => neighbors === 1));
});

test.serial(
  'a result holds the thousand strongest windows, and counts the omitted ones',
  async (t) => {
    const pool = await startPool(t);
    const signs = [110, 330, 560].flatMap((cx) => [130, 400].map((cy) => ({ cx, cy, size: 120 })));
    const { jpeg } = await renderScene({ width: 800, height: 600, seed: 7, signs });
    const search = async (minSize: number, maxSize: number) => {
      const fields = { minNeighbors: 0, scaleFactor: 1.02, minSize, maxSize };
      return pool.analyse(jpeg, await planFor(fields));
    };
    const { detections, omitted = 0 } = await search(1, 0);
    t.is(detections.length, 1_000);
    const bands = [await search(1, 133), await search(134, 0)];
    t.true(bands.every((band) => band.omitted === undefined));
    const all = bands.flatMap((band) => band.detections);
    t.is(omitted, all.length - 1_000);
    const scores = all.map(({ score }) => score ?? 0).sort((a, b) => b - a);
    t.deepEqual(
      detections.map(({ score }) => score ?? 0).sort((a, b) => b - a),
      scores.slice(0, 1_000),
    );
    const places = detections.map(({ box }) => box.y * 800 + box.x);
    t.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
      'as they stand in the image',
    );
  },
);

test.serial(
  'a cascade that matches nearly everywhere is refused, and crashes no worker',
  async (t) => {
    const pool = await startPool(t);
    const xml = haarXml({ threshold: '-10.' });
    const file = join(await temporaryFolder(), 'anything.xml');
    await writeFile(file, xml);
    const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
    const bytes = await sharp({
      create: { width: 300, height: 300, channels: 3, background: '#777', noise },
    })
      .jpeg()
      .toBuffer();
    for (const engine of ['siteglass', 'opencv'] as const) {
      const plan = await planFor({ minNeighbors: 0, minSize: 1 });
      const detectors = cascadesOf(plan).map((d) => ({
        ...d,
        engine,
        file,
        sha256: sha256Of(xml),
      }));
      const error = await t.throwsAsync(pool.analyse(bytes, { ...plan, detectors }), {
        instanceOf: ProblemError,
      });
      t.is(error?.code, 'analysis_failed', engine);
    }
    t.is(pool.status().restarts, 0);
  },
);

test.serial('more detectors than a worker keeps loaded all still answer', async (t) => {
  const pool = await startPool(t);
  const bytes = await sharp((await street()).jpeg)
    .resize(200)
    .jpeg()
    .toBuffer();
  const plan = await planFor({ detector: ['stop-sign', 'eye'] });
  const [stopSign, eye] = plan.detectors;
  if (!stopSign || !eye) return t.fail();
  // The same cascades over again count as others where their paths differ.
  const many = Array.from({ length: 20 }, (_, i) => ({
    ...stopSign,
    file: stopSign.file.replace('/stop-sign', `${'/.'.repeat(i)}/stop-sign`),
  }));
  for (const detector of many)
    t.is((await pool.analyse(bytes, { ...plan, detectors: [detector, eye] })).detectors.length, 2);
});
