import type { Candidate } from '../candidate.js';
import { addBox } from './best-class.js';
import { boxInCell } from './box-values.js';
import type { OutputFamily, OutputShape } from './family.js';
import { type Grid, gridsOf } from './grid.js';

const STRIDES = [8, 16, 32];
const KINDS = ['cls', 'obj', 'bbox'] as const;
const VALUES = { cls: 1, obj: 1, bbox: 4 };
type Kind = (typeof KINDS)[number];

/**
 * YuNet (Wu et al., 2023), which finds faces: for each grid how certain the class and the object are, and the box relative
 * to the cell, its size as a logarithm. The landmarks are not used. As OpenCV's `FaceDetectorYN` reads them.
 */
export const yunet: OutputFamily = {
  name: 'yunet',
  expected: () => 'outputs cls_8, obj_8, bbox_8 and the same for the strides 16 and 32',
  layoutOf(outputs, input) {
    const grids = gridsOf(input, STRIDES);
    const places = grids.map((grid) => placesOf(outputs, grid));
    if (places.includes(undefined)) return undefined;
    return {
      classes: 1,
      decode: (values, minConfidence) =>
        grids.flatMap((grid, i) => {
          const of = (kind: Kind) => values[places[i]?.[kind] ?? 0]?.data ?? new Float32Array();
          return decode(grid, of('cls'), of('obj'), of('bbox'), minConfidence);
        }),
    };
  },
};

function placesOf(
  outputs: OutputShape[],
  { stride, cells }: Grid,
): Record<Kind, number> | undefined {
  const [cls = -1, obj = -1, bbox = -1] = KINDS.map((kind) =>
    outputs.findIndex(
      ({ name, shape }) =>
        name === `${kind}_${stride}` && shape.at(-2) === cells && shape.at(-1) === VALUES[kind],
    ),
  );
  return cls < 0 || obj < 0 || bbox < 0 ? undefined : { cls, obj, bbox };
}

function decode(
  grid: Grid,
  cls: Float32Array,
  obj: Float32Array,
  bbox: Float32Array,
  minConfidence: number,
): Candidate[] {
  const found: Candidate[] = [];
  for (let cell = 0; cell < grid.cells; cell++) {
    const confidence = Math.sqrt(fraction(cls[cell]) * fraction(obj[cell]));
    if (!(confidence >= minConfidence)) continue;
    const box = boxInCell(bbox, cell * VALUES.bbox, grid, cell);
    addBox(found, { ...box, confidence, classIndex: 0 }, minConfidence);
  }
  return found;
}

const fraction = (value = 0) => Math.max(0, Math.min(1, value));
