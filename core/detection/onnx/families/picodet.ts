import type { Candidate } from '../candidate.js';
import { addBox, bestClass } from './best-class.js';
import { boxOfEdges } from './box-values.js';
import { DISTRIBUTIONS, distanceLayout, pairsOf } from './distances.js';
import type { Output, OutputFamily, OutputLayout, OutputShape } from './family.js';
import { FINAL_VALUES, finalLayout } from './final-layout.js';
import { cellsOf, type Grid, gridsOf } from './grid.js';

const STRIDES = [8, 16, 32, 64];
const CORNERS = 4;

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
      distanceLayout(outputs, grids) ??
      cornersOfGrids(outputs, grids) ??
      corners(outputs, cellsOf(grids)) ??
      finalBoxes(outputs, classes)
    );
  },
};

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
    const box = boxOfEdges(boxes.data, i * CORNERS);
    addBox(found, { ...box, confidence: score, classIndex }, minConfidence);
  }
  return found;
}

function finalBoxes(outputs: OutputShape[], classes: number | undefined): OutputLayout | undefined {
  const boxes = outputs.findIndex(
    ({ shape }) => shape.length === 2 && shape.at(-1) === FINAL_VALUES,
  );
  const hasCount = outputs.some(({ shape }) => shape.length <= 1 && (shape[0] ?? 1) === 1);
  if (boxes < 0 || outputs.length > 2 || (outputs.length === 2 && !hasCount)) return undefined;
  return finalLayout(boxes, classes, { edges: 2, confidence: 1, class: 0 });
}
