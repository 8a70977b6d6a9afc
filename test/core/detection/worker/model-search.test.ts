import { writeFile } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import type { Box, Detection, Preparation } from '../../../../core/contract/detection.js';
import type { AnalysisPlan, ModelDescription } from '../../../../core/detection/detection.js';
import { squareModel } from '../../../support/square-model.js';
import { planFor, startPool } from '../detection-setup.js';
import {
  modelFile,
  plannedModel,
  planWith,
  type Square,
  squareDescription,
  squares,
} from '../onnx-setup.js';

interface Setup {
  width?: number;
  height?: number;
  description?: Partial<ModelDescription>;
  parameters?: Parameters<typeof plannedModel>[2];
  preparation?: Partial<Preparation>;
  plan?: Partial<AnalysisPlan>;
}

/** Searches images for what is brighter than half. */
async function searcher(t: ExecutionContext, { width = 64, height = width, ...setup }: Setup = {}) {
  const pool = await startPool(t);
  const file = await modelFile(t, squareModel(width, height));
  const model = { ...squareDescription(width, height), ...setup.description };
  const plan = {
    ...planWith([plannedModel(file, model, setup.parameters)], setup.preparation),
    ...setup.plan,
  };
  return {
    pool,
    plan,
    file,
    search: async (image: Buffer) => (await pool.analyse(image, plan)).detections,
  };
}

const only = (detections: Detection[]): Detection => {
  const [first] = detections;
  if (!first || detections.length > 1) throw new Error(JSON.stringify(detections));
  return first;
};

const boxOf = ({ left, top, width, height }: Square): Box => ({ x: left, y: top, width, height });

/** Whether two boxes have the same edges, to a pixel of the model's input. */
const isClose = (a: Box, b: Box, tolerance: number) =>
  Math.max(
    Math.abs(a.x - b.x),
    Math.abs(a.y - b.y),
    Math.abs(a.x + a.width - b.x - b.width),
    Math.abs(a.y + a.height - b.y - b.height),
  ) <= tolerance;

const SIZES: [width: number, height: number][] = [
  [64, 64],
  [640, 480],
  [480, 640],
  [979, 551],
  [1500, 120],
  [40, 23],
  [1999, 1501],
];

for (const align of ['start', 'centre'] as const)
  for (const [width, height] of SIZES)
    test.serial(
      `a box is in pixels of an image of ${width} × ${height}, placed at the ${align}`,
      async (t) => {
        const { search } = await searcher(t, {
          width: 128,
          height: 96,
          description: { letterbox: { align, fill: 114 } },
        });
        const square = {
          left: Math.round(width * 0.55),
          top: Math.round(height * 0.25),
          width: Math.round(width * 0.3),
          height: Math.round(height * 0.5),
        };
        const pixel = Math.max(width / 128, height / 96, 1);
        const picture = squares(width, height, square);
        for (const bytes of [
          await picture.clone().png().toBuffer(),
          await picture.clone().jpeg({ quality: 95 }).toBuffer(),
        ]) {
          const { label, box } = only(await search(bytes));
          t.is(label, 'red');
          t.true(isClose(box, boxOf(square), Math.ceil(pixel)), JSON.stringify({ box, square }));
        }
      },
    );

test.serial('channels are in the order that the model wants', async (t) => {
  const rgb = await searcher(t);
  const bgr = await searcher(t, { description: { channels: 'bgr' } });
  const square = { left: 100, top: 80, width: 60, height: 60 };
  for (const [colour, label, swapped] of [
    ['#ff3030', 'red', 'blue'],
    ['#30ff30', 'green', 'green'],
    ['#3030ff', 'blue', 'red'],
  ] as const)
    for (const format of ['png', 'jpeg', 'webp'] as const) {
      const image = await squares(320, 240, { ...square, colour })
        .toFormat(format)
        .toBuffer();
      t.is(only(await rgb.search(image)).label, label, format);
      t.is(only(await bgr.search(image)).label, swapped, format);
    }
});

test.serial('mean and scale are those of the channels in their order', async (t) => {
  const { search } = await searcher(t, {
    // Red is left as it is, green and blue are far below.
    description: { mean: [0, 255, 255] },
  });
  const square = { left: 100, top: 80, width: 60, height: 60, colour: '#ffffff' };
  t.is(only(await search(await squares(320, 240, square).png().toBuffer())).label, 'red');
});

for (const exif of [1, 2, 3, 4, 5, 6, 7, 8])
  test.serial(`a box is that of the upright image with EXIF orientation ${exif}`, async (t) => {
    const { search } = await searcher(t);
    const square = { left: 30, top: 100, width: 100, height: 40 };
    const stored = await squares(320, 240, square)
      .jpeg({ quality: 95 })
      .withMetadata({ orientation: exif })
      .toBuffer();
    const { data, info } = await sharp(stored)
      .rotate()
      .greyscale()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const bright = [...data.keys()].filter((i) => (data[i] ?? 0) > 70);
    const [xs, ys] = [bright.map((i) => i % info.width), bright.map((i) => (i / info.width) | 0)];
    const extent = (values: number[]) => {
      const first = values.reduce((a, b) => Math.min(a, b));
      return [first, values.reduce((a, b) => Math.max(a, b)) + 1 - first] as const;
    };
    const [[x, width], [y, height]] = [extent(xs), extent(ys)];
    t.true(isClose(only(await search(stored)).box, { x, y, width, height }, 6));
  });

test.serial('each orientation finds the object once', async (t) => {
  const { search } = await searcher(t, {
    width: 128,
    height: 64,
    preparation: { orientations: [0, 90, 180, 270] },
  });
  const square = { left: 30, top: 100, width: 100, height: 40 };
  const image = await squares(320, 240, square).png().toBuffer();
  t.true(isClose(only(await search(image)).box, boxOf(square), 5));
});

test.serial(
  'limits on sizes are in pixels of the image, for both sides of an object',
  async (t) => {
    const square = { left: 100, top: 200, width: 400, height: 160 };
    const image = await squares(1280, 960, square).png().toBuffer();
    const found = async (parameters: Setup['parameters']) => {
      const { search } = await searcher(t, { parameters });
      return (await search(image)).length;
    };
    t.is(await found({ minSize: 130 }), 1);
    t.is(await found({ minSize: 200 }), 0);
    t.is(await found({ maxSize: 450 }), 1);
    t.is(await found({ maxSize: 300 }), 0);
  },
);

test.serial('labels and confidences that are not wanted are left out', async (t) => {
  const image = await squares(320, 240, { left: 9, top: 9, width: 90, height: 90 })
    .png()
    .toBuffer();
  const found = async (setup: Setup) => (await (await searcher(t, setup)).search(image)).length;
  t.is(await found({ plan: { labels: ['red', 'blue'] } }), 1);
  t.is(await found({ plan: { labels: ['green'] } }), 0);
  t.is(await found({ parameters: { minConfidence: 0.99 } }), 1);
  const dim = await squares(320, 240, { left: 9, top: 9, width: 90, height: 90, colour: '#b03030' })
    .png()
    .toBuffer();
  const { search } = await searcher(t, { parameters: { minConfidence: 0.75 } });
  t.is((await search(dim)).length, 0);
});

test.serial('tiles find a small object that the whole image shows too small', async (t) => {
  const square = { left: 1202, top: 841, width: 3, height: 3 };
  const image = await squares(1600, 1200, square).png().toBuffer();
  const found = async (preparation: Partial<Preparation>) =>
    (await searcher(t, { width: 320, height: 240, preparation })).search(image);
  t.deepEqual(await found({ workingSize: 0, tiles: '1' }), []);
  const { box } = only(await found({ workingSize: 0, tiles: '4x4' }));
  t.true(isClose(box, boxOf(square), 2), JSON.stringify(box));
  // The picture is reduced to the working size before it is divided.
  t.deepEqual(await found({ workingSize: 320, tiles: '4x4' }), []);
});

const BORDERS: [what: string, square: Square][] = [
  ['between two columns', { left: 250, top: 60, width: 300, height: 80 }],
  ['between two rows', { left: 60, top: 200, width: 80, height: 220 }],
  ['in all four tiles', { left: 300, top: 220, width: 200, height: 160 }],
  ['in the overlap alone', { left: 385, top: 60, width: 30, height: 40 }],
  ['as large as the image', { left: 20, top: 20, width: 760, height: 560 }],
];

for (const [what, square] of BORDERS)
  for (const format of ['png', 'jpeg'] as const)
    test.serial(`an object ${what} is one box (${format})`, async (t) => {
      const { search } = await searcher(t, { preparation: { tiles: '2x2' } });
      const image = await squares(800, 600, square).toFormat(format).toBuffer();
      const { box } = only(await search(image));
      // A tile's 444 × 334 pixels are 64 × 48 in the input.
      t.true(isClose(box, boxOf(square), 8), JSON.stringify({ box, square }));
    });

test.serial(
  'objects in different tiles stay apart, in the order of their confidence',
  async (t) => {
    const { search } = await searcher(t, { preparation: { tiles: '2x1' } });
    const image = await squares(
      800,
      300,
      { left: 100, top: 100, width: 80, height: 80, colour: '#ff4040' },
      { left: 600, top: 110, width: 80, height: 80, colour: '#e04040' },
    )
      .png()
      .toBuffer();
    const found = await search(image);
    t.is(found.length, 2);
    t.true(isClose(found[0]?.box as Box, { x: 100, y: 100, width: 80, height: 80 }, 8));
    t.true(isClose(found[1]?.box as Box, { x: 600, y: 110, width: 80, height: 80 }, 8));
  },
);

const zone = (kind: 'include' | 'mask', x0: number, y0: number, x1: number, y1: number) => ({
  kind,
  points: [
    [x0, y0],
    [x1, y0],
    [x1, y1],
    [x0, y1],
  ] as [number, number][],
});

test.serial(
  'with zones the result is that of the whole image less what does not count',
  async (t) => {
    const rectangles = [
      { left: 40, top: 40, width: 60, height: 60 },
      { left: 700, top: 40, width: 60, height: 60 },
      { left: 340, top: 440, width: 120, height: 60 },
    ];
    const image = await squares(800, 600, ...rectangles)
      .png()
      .toBuffer();
    const preparation = { tiles: '2x2' };
    const whole = await (await searcher(t, { preparation })).search(image);
    t.is(whole.length, 3);
    for (const zones of [
      [zone('include', 0, 0, 0.3, 0.3)],
      [zone('mask', 0, 0, 0.3, 0.3)],
      [zone('include', 0.4, 0.6, 0.6, 1)],
      [zone('include', 0, 0.5, 0.51, 1)],
      [zone('include', 0, 0, 1, 1), zone('mask', 0.5, 0, 1, 0.5)],
    ]) {
      const { search } = await searcher(t, { preparation, plan: { zones } });
      const inZones = (box: Box) => {
        const [x, y] = [(box.x + box.width / 2) / 800, (box.y + box.height / 2) / 600];
        const isIn = ({ points }: (typeof zones)[number]) =>
          x > (points[0]?.[0] ?? 0) &&
          x < (points[2]?.[0] ?? 0) &&
          y > (points[0]?.[1] ?? 0) &&
          y < (points[2]?.[1] ?? 0);
        const included = zones.filter(({ kind }) => kind === 'include');
        return (
          (included.length === 0 || included.some(isIn)) &&
          !zones.some((one) => one.kind === 'mask' && isIn(one))
        );
      };
      t.deepEqual(
        await search(image),
        whole.filter(({ box }) => inZones(box)),
      );
    }
  },
);

test.serial('an image is searched with cascades and models together, each as alone', async (t) => {
  const { pool, plan } = await searcher(t);
  const cascades = (await planFor({ detector: ['stop-sign', 'face'] })).detectors;
  const { renderScene } = await import('../../../support/render-scene.js');
  const signs = [{ cx: 320, cy: 180, size: 120 }];
  const { jpeg } = await renderScene({ width: 640, height: 360, seed: 3, signs });
  for (const bytes of [
    jpeg,
    await sharp(jpeg).png().toBuffer(),
    await sharp(jpeg).greyscale().jpeg().toBuffer(),
    await sharp(jpeg).toColourspace('cmyk').jpeg().toBuffer(),
    await sharp(jpeg).resize(3000).jpeg().toBuffer(),
  ]) {
    const both = await pool.analyse(bytes, {
      ...plan,
      detectors: [...cascades, ...plan.detectors],
    });
    const alone = await pool.analyse(bytes, { ...plan, detectors: cascades });
    const model = await pool.analyse(bytes, plan);
    const ofModel = both.detections.filter(({ detector }) => detector === 'model');
    t.deepEqual(
      both.detections.filter(({ detector }) => detector !== 'model'),
      alone.detections,
    );
    t.true(alone.detections.length > 0);
    t.is(ofModel.length, model.detections.length);
    t.deepEqual([both.width, both.height], [model.width, model.height]);
  }
});

test.serial('the same image gives the same result each time', async (t) => {
  const { search } = await searcher(t, { preparation: { tiles: '3x2', orientations: [0, 180] } });
  const image = await squares(801, 599, { left: 33, top: 77, width: 310, height: 99 })
    .jpeg()
    .toBuffer();
  const first = await search(image);
  t.true(first.length > 0);
  for (let i = 0; i < 3; i++) t.deepEqual(await search(image), first);
});

test.serial('a model that changed since it was planned is not used', async (t) => {
  const { search, file } = await searcher(t);
  await writeFile(file.file, squareModel(96));
  await t.throwsAsync(search(await squares(64, 64).png().toBuffer()), {
    code: 'detection_unavailable',
    message: 'The model changed since it was looked up.',
  });
});

test.serial('a damaged image is refused for a model as for a cascade', async (t) => {
  const { search } = await searcher(t);
  const image = await squares(640, 480, { left: 9, top: 9, width: 90, height: 90 })
    .jpeg()
    .toBuffer();
  await t.throwsAsync(search(image.subarray(0, image.length * 0.6)), { code: 'image_damaged' });
});
