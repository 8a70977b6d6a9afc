import test, { type ExecutionContext } from 'ava';
import type { Box } from '../../../../core/contract/detection.js';
import type { ModelDescription } from '../../../../core/detection/detection.js';
import { constantModel, imageInput, numbersAt } from '../../../support/onnx-model.js';
import { plainImage, startPool } from '../detection-setup.js';
import { modelFile, plannedModel, planWith } from '../onnx-setup.js';

/** Inputs are 64 × 64: 8 × 8, 4 × 4, 2 × 2 and, with the stride 64, one cell. */
const CELLS = { 8: 64, 16: 16, 32: 4, 64: 1 };
const THREE = 84;
const FOUR = 85;
const LABELS = ['cat', 'dog', 'bird'];

interface Case {
  outputs: { name: string; shape: number[]; data: number[] }[];
  given?: Partial<ModelDescription>;
  family: ModelDescription['family'];
  labels?: string[];
  found: { label: string; confidence: number; box: Box }[];
  further?: { name: string; shape: number[] }[];
}

/** A row of numbers in an output of rows. */
const row = (values: number, at: number, numbers: number[]): Record<number, number> =>
  Object.fromEntries(numbers.map((n, i) => [at * values + i, n]));

/** The logits of a distribution that stands at one step. */
const steps = (...sides: number[]): number[] =>
  sides.flatMap((side) => Array.from({ length: 8 }, (_, i) => (i === side ? 30 : 0)));

const output = (shape: number[], places: Record<number, number>, name = 'output') => ({
  name,
  shape,
  data: numbersAt(
    shape.reduce((product, side) => product * side, 1),
    places,
  ),
});

const box = (x: number, y: number, width: number, height: number): Box => ({ x, y, width, height });
const dog = { label: 'dog', confidence: 0.72, box: box(12, 20, 16, 8) };
const bird = { label: 'bird', confidence: 0.5, box: box(32, 0, 32, 64) };

/** Column 2, line 3 of stride 8 is the row 26; column 1, line 0 of stride 32 the row 64 + 16 + 1. */
const CASES: Record<string, Case> = {
  'YOLOX, with values relative to cells': {
    family: 'yolox',
    outputs: [
      output([1, THREE, 8], {
        ...row(8, 26, [0.5, 0, Math.log(2), 0, 0.9, 0, 0.8, 0.1]),
        ...row(8, 81, [0.5, 1, 0, Math.log(2), 1, 0.1, 0.2, 0.5]),
      }),
    ],
    found: [dog, bird],
  },
  'YOLOv8 and 11, with a column a box': {
    family: 'yolov8',
    outputs: [
      output([1, 7, THREE], {
        ...Object.fromEntries([20, 24, 16, 8, 0, 0.72, 0.1].map((n, i) => [i * THREE + 26, n])),
        ...Object.fromEntries([48, 32, 32, 64, 0, 0, 0.5].map((n, i) => [i * THREE + 81, n])),
      }),
    ],
    found: [dog, bird],
  },
  'YOLOv8 of a transposed export, by its labels': {
    family: 'yolov8',
    given: { labels: LABELS },
    outputs: [
      output([1, THREE, 7], {
        ...row(7, 26, [20, 24, 16, 8, 0, 0.72, 0.1]),
        ...row(7, 81, [48, 32, 32, 64, 0, 0, 0.5]),
      }),
    ],
    found: [dog, bird],
  },
  'YOLOv5, with three boxes a cell': {
    family: 'yolov8',
    outputs: [
      output([1, 3 * THREE, 8], {
        ...row(8, 100, [20, 24, 16, 8, 0.9, 0, 0.8, 0.1]),
        ...row(8, 251, [48, 32, 32, 64, 1, 0.1, 0.2, 0.5]),
      }),
    ],
    found: [dog, bird],
  },
  'YOLOv10, with overlaps suppressed': {
    family: 'yolov8',
    given: { labels: LABELS },
    outputs: [
      output([1, 300, 6], {
        ...row(6, 0, [12, 20, 28, 28, 0.72, 1]),
        ...row(6, 1, [32, 0, 64, 64, 0.5, 2]),
        ...row(6, 2, [0, 0, 9, 9, 0.9, 77]),
      }),
    ],
    found: [dog, bird],
  },
  'NanoDet-Plus, from the corners of cells': {
    family: 'nanodet',
    outputs: [
      output([1, FOUR, 35], {
        // From (16, 24): 1 step left, 1 up, 2 right, 1 down, of 8 pixels.
        ...row(35, 26, [0, 0.72, 0.1, ...steps(1, 1, 2, 1)]),
        // From (32, 0): to the right edge and the bottom.
        ...row(35, 81, [0, 0, 0.5, ...steps(0, 0, 1, 2)]),
      }),
    ],
    found: [{ ...dog, box: box(8, 16, 24, 16) }, bird],
  },
  'NanoDet, from the middles of cells': {
    family: 'nanodet',
    given: { labels: LABELS },
    outputs: [
      output([1, THREE, 35], {
        // From (20, 28).
        ...row(35, 26, [0, 0.72, 0.1, ...steps(1, 1, 2, 1)]),
      }),
    ],
    found: [{ ...dog, box: box(12, 20, 24, 16) }],
  },
  'NanoDet with outputs for each stride': {
    family: 'nanodet',
    outputs: [8, 16, 32].flatMap((stride) => {
      const cells = CELLS[stride as 8];
      const [scores, sides] =
        stride === 16 ? [row(3, 5, [0, 0.72, 0]), row(32, 5, steps(1, 1, 2, 1))] : [{}, {}];
      return [
        output([1, cells, 3], scores, `cls_pred_stride_${stride}`),
        output([1, cells, 32], sides, `dis_pred_stride_${stride}`),
      ];
    }),
    // Column 1, line 1 of stride 16: from (24, 24).
    found: [{ ...dog, box: box(8, 8, 48, 32) }],
  },
  'PicoDet as the network has it': {
    family: 'picodet',
    outputs: [
      ...[8, 16, 32, 64].map((stride) =>
        output(
          [1, CELLS[stride as 8], 3],
          stride === 16 ? row(3, 5, [0, 0.72, 0]) : {},
          `scores_${stride}`,
        ),
      ),
      ...[8, 16, 32, 64].map((stride) =>
        output(
          [1, CELLS[stride as 8], 32],
          stride === 16 ? row(32, 5, steps(1, 1, 2, 1)) : {},
          `boxes_${stride}`,
        ),
      ),
    ],
    found: [{ ...dog, box: box(8, 8, 48, 32) }],
  },
  'PicoDet with corners': {
    family: 'picodet',
    outputs: [
      output([1, FOUR, 4], { ...row(4, 7, [12, 20, 28, 28]), ...row(4, 84, [32, 0, 64, 64]) }, 'b'),
      output([1, 3, FOUR], { [FOUR + 7]: 0.72, [2 * FOUR + 84]: 0.5 }, 'scores'),
    ],
    found: [dog, bird],
  },
  'PicoDet with overlaps suppressed, which scales boxes itself': {
    family: 'picodet',
    given: { labels: LABELS },
    further: [{ name: 'scale_factor', shape: [1, 2] }],
    outputs: [
      output(
        [3, 6],
        {
          ...row(6, 0, [1, 0.72, 12, 20, 28, 28]),
          ...row(6, 1, [2, 0.5, 32, 0, 64, 64]),
          ...row(6, 2, [-1, 0.9, 0, 0, 9, 9]),
        },
        'boxes',
      ),
      output([1], { 0: 2 }, 'count'),
    ],
    found: [dog, bird],
  },
  YuNet: {
    family: 'yunet',
    labels: ['face'],
    outputs: [8, 16, 32].flatMap((stride) => {
      const cells = CELLS[stride as 8];
      const isIt = stride === 8;
      return [
        output([1, cells, 1], isIt ? { 26: 0.9 } : {}, `cls_${stride}`),
        output([1, cells, 1], isIt ? { 26: 0.4 } : {}, `obj_${stride}`),
        output([1, cells, 4], isIt ? row(4, 26, [0.5, 0, Math.log(2), 0]) : {}, `bbox_${stride}`),
        output([1, cells, 10], {}, `kps_${stride}`),
      ];
    }),
    found: [{ label: 'face', confidence: 0.6, box: box(12, 20, 16, 8) }],
  },
};

async function analysed(t: ExecutionContext, { outputs, given = {}, labels, further }: Case) {
  const pool = await startPool(t);
  const model = constantModel(outputs, imageInput(64), further);
  const file = await modelFile(t, model);
  const tried = await pool.probe({ kind: 'onnx', model: file, description: given });
  const described = { ...tried.model, labels: labels ?? LABELS };
  const image = await plainImage(64, 64).png().toBuffer();
  const { detections } = await pool.analyse(image, planWith([plannedModel(file, described)]));
  return { tried, detections };
}

for (const [title, one] of Object.entries(CASES))
  test.serial(`boxes are read from outputs of ${title}`, async (t) => {
    const { tried, detections } = await analysed(t, one);
    t.is(tried.model.family, one.family);
    t.is(tried.classes, (one.labels ?? LABELS).length);
    t.deepEqual(
      detections,
      one.found.map((found) => ({ ...found, detector: 'model', neighbors: null, score: null })),
    );
  });

const WRONG: [what: string, given: Partial<ModelDescription>, message: string][] = [
  [
    'too few labels',
    { labels: ['cat', 'dog'] },
    'its output has 8 values for each box, which is 3 classes in the family yolox; 2 labels are given, expected one for each class',
  ],
  [
    'another family',
    { family: 'yolov8' },
    'for the family yolov8 and an input of 64 × 64, expected one output of 1 × (4 + classes) × 84, or of 1 × 252 × (5 + classes) as YOLOv5 has it, but the model has the output output (1 × 84 × 8), which are those of yolox',
  ],
  [
    'another size',
    { width: 416, height: 416 },
    'its input has a height of 64, but the description gives 416',
  ],
];

for (const [what, description, message] of WRONG)
  test.serial(`a model on trial is refused for a description with ${what}`, async (t) => {
    const pool = await startPool(t);
    const model = await modelFile(t, constantModel([output([1, THREE, 8], {})]));
    await t.throwsAsync(pool.probe({ kind: 'onnx', model, description }), {
      code: 'invalid_parameter',
      message,
    });
  });

test.serial('a model with outputs of no known family is refused', async (t) => {
  const pool = await startPool(t);
  const model = await modelFile(t, constantModel([output([1, 1000], {}, 'probabilities')]));
  await t.throwsAsync(pool.probe({ kind: 'onnx', model, description: {} }), {
    code: 'invalid_parameter',
    message:
      'expected outputs of one of the families yunet, picodet, nanodet, yolox, yolov8 for an input of 64 × 64, but the model has the output probabilities (1 × 1000)',
  });
});

test.serial('values that are no numbers make no boxes', async (t) => {
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, 1e30, -1e30];
  const places = Object.assign(
    {},
    ...odd.map((n, i) => row(8, i, [0, 0, n, n, 1, 1, 0, 0])),
    ...odd.map((n, i) => row(8, 10 + i, [0, 0, 1, 1, n, n, n, n])),
    row(8, 26, [0.5, 0, Math.log(2), 0, 0.9, 0, 0.8, 0.1]),
  );
  const { detections } = await analysed(t, {
    family: 'yolox',
    outputs: [output([1, THREE, 8], places)],
    found: [],
  });
  // A size of exp(1e30) is no size; a certainty of 1e30 counts as 1.
  t.true(detections.every(({ confidence }) => confidence <= 1));
  t.true(detections.some((one) => one.label === 'dog'));
});
