import type { Candidate } from '../candidate.js';
import { addBox, bestClass } from './best-class.js';
import { cellValues, DISTRIBUTIONS, decodeDistances, pairsOf } from './distances.js';
import type { Output, OutputFamily, OutputLayout, OutputShape } from './family.js';
import { cellsOf, type Grid, gridsOf } from './grid.js';

const STRIDES = [8, 16, 32, 64];
const CORNERS = 4;
/** Class, confidence, corners. */
const FINAL_VALUES = 6;

/**
 * PicoDet (PaddleDetection, 2021) in its usual exports: with suppressed overlaps; with boxes as corners; and as the
 * network has it, with two outputs a grid.
 */
export const picodet: OutputFamily = {
  name: 'picodet',
  expected: (input) => {
    const cells = cellsOf(gridsOf(input, STRIDES));
    return `${2 * STRIDES.length} outputs, of the classes and of ${DISTRIBUTIONS} values for each cell of strides ${STRIDES.join(', ')}; or two of ${cells} boxes and their classes; or one of 6 values for each box, and their number`;
  },
  layoutOf(outputs, input, classes) {
    const grids = gridsOf(input, STRIDES);
    return (
      distributions(outputs, grids) ??
      cornersOfGrids(outputs, grids) ??
      corners(outputs, cellsOf(grids)) ??
      finalBoxes(outputs, classes)
    );
  },
};

function distributions(outputs: OutputShape[], grids: Grid[]): OutputLayout | undefined {
  const found = pairsOf(outputs, grids, DISTRIBUTIONS);
  if (!found) return undefined;
  const { pairs, classes } = found;
  return {
    classes,
    decode: (values, minConfidence) =>
      decodeDistances(
        cellValues(values, pairs, grids, classes, DISTRIBUTIONS),
        classes,
        0.5,
        minConfidence,
      ),
  };
}

function cornersOfGrids(outputs: OutputShape[], grids: Grid[]): OutputLayout | undefined {
  const found = pairsOf(outputs, grids, CORNERS, true);
  if (!found) return undefined;
  const { pairs, classes } = found;
  return {
    classes,
    decode: (values, minConfidence) =>
      pairs.flatMap(({ scores, boxes }) =>
        decodeCorners(values[boxes], values[scores], classes, classes, 1, minConfidence),
      ),
  };
}

/** Two outputs: boxes, and scores with a row or a column for each. */
function corners(outputs: OutputShape[], cells: number): OutputLayout | undefined {
  if (outputs.length !== 2) return undefined;
  const sides = outputs.map(({ shape }) => (shape.length === 3 ? shape.slice(1) : shape));
  const boxes = sides.findIndex(([rows, values]) => rows === cells && values === CORNERS);
  const [first = 0, second = 0] = sides[1 - boxes] ?? [];
  if (boxes < 0 || (first !== cells && second !== cells)) return undefined;
  const isColumns = second === cells;
  const classes = isColumns ? first : second;
  if (classes < 1) return undefined;
  const [next, step] = isColumns ? [1, cells] : [classes, 1];
  return {
    classes,
    decode: (values, minConfidence) =>
      decodeCorners(values[boxes], values[1 - boxes], classes, next, step, minConfidence),
  };
}

/** `next` is from one box's scores to the next one's, `step` from one class to the next one. */
function decodeCorners(
  boxes: Output | undefined,
  scores: Output | undefined,
  classes: number,
  next: number,
  step: number,
  minConfidence: number,
): Candidate[] {
  const found: Candidate[] = [];
  if (!boxes || !scores) return found;
  for (let i = 0; i < boxes.data.length / CORNERS; i++) {
    const { classIndex, score } = bestClass(scores.data, i * next, classes, step);
    if (!(score >= minConfidence)) continue;
    const [x = 0, y = 0, right = 0, bottom = 0] = boxes.data.subarray(
      i * CORNERS,
      (i + 1) * CORNERS,
    );
    const box = { x, y, width: right - x, height: bottom - y };
    addBox(found, { ...box, confidence: score, classIndex }, minConfidence);
  }
  return found;
}

/** How many classes there are is not in the shape. */
function finalBoxes(outputs: OutputShape[], classes = 80): OutputLayout | undefined {
  const boxes = outputs.findIndex(
    ({ shape }) => shape.length === 2 && shape.at(-1) === FINAL_VALUES,
  );
  const hasCount = outputs.some(({ shape }) => shape.length <= 1 && (shape[0] ?? 1) === 1);
  if (boxes < 0 || outputs.length > 2 || (outputs.length === 2 && !hasCount)) return undefined;
  return {
    classes,
    decode(values, minConfidence) {
      const found: Candidate[] = [];
      const data = values[boxes]?.data ?? new Float32Array();
      for (let at = 0; at + FINAL_VALUES <= data.length; at += FINAL_VALUES) {
        const [classIndex = -1, confidence = 0, x = 0, y = 0, right = 0, bottom = 0] =
          data.subarray(at, at + FINAL_VALUES);
        // Rows without a box have the class -1.
        if (!Number.isInteger(classIndex) || classIndex < 0 || classIndex >= classes) continue;
        const box = { x, y, width: right - x, height: bottom - y };
        addBox(found, { ...box, confidence, classIndex }, minConfidence);
      }
      return found;
    },
  };
}
