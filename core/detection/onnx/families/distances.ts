import type { Candidate } from '../candidate.js';
import { addBox, bestClass } from './best-class.js';
import type { OutputLayout, OutputShape } from './family.js';
import type { Grid } from './grid.js';

/** Steps of a distance in NanoDet and PicoDet: 0 to 7. */
const STEPS = 8;
const SIDES = 4;
/** Numbers of a box: a distribution for each of its sides. */
export const DISTRIBUTIONS = SIDES * STEPS;

/** Scores and boxes of one grid of cells, wherever they stand in the outputs. */
export interface CellValues {
  grid: Grid;
  scores: Float32Array;
  /** Where the first cell's values are, and how many numbers on the next cell's are. */
  scoresStart: number;
  scoresStep: number;
  boxes: Float32Array;
  boxesStart: number;
  boxesStep: number;
}

/**
 * Boxes of which each side is a distribution over its distance from the cell's point, in steps of the stride
 * (Generalized Focal Loss, Li et al., 2020). `offset` is where the point lies in its cell.
 */
export function decodeDistances(
  values: CellValues[],
  classes: number,
  offset: 0 | 0.5,
  minConfidence: number,
): Candidate[] {
  const found: Candidate[] = [];
  for (const { grid, scores, boxes, ...at } of values)
    for (let cell = 0; cell < grid.cells; cell++) {
      const start = at.scoresStart + cell * at.scoresStep;
      const { classIndex, score: confidence } = bestClass(scores, start, classes);
      if (!(confidence >= minConfidence)) continue;
      const side = (n: number) =>
        expected(boxes, at.boxesStart + cell * at.boxesStep + n * STEPS) * grid.stride;
      const x = ((cell % grid.columns) + offset) * grid.stride;
      const y = (Math.floor(cell / grid.columns) + offset) * grid.stride;
      const [left, top, right, bottom] = [side(0), side(1), side(2), side(3)];
      addBox(
        found,
        {
          x: x - left,
          y: y - top,
          width: left + right,
          height: top + bottom,
          confidence,
          classIndex,
        },
        minConfidence,
      );
    }
  return found;
}

/** The expected value of a distribution that is given as logits. */
function expected(logits: Float32Array, start: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < STEPS; i++) most = Math.max(most, logits[start + i] ?? 0);
  let sum = 0;
  let weighted = 0;
  for (let i = 0; i < STEPS; i++) {
    const part = Math.exp((logits[start + i] ?? 0) - most);
    sum += part;
    weighted += part * i;
  }
  return weighted / sum;
}

/** An output of scores and one of boxes for each grid. */
interface GridPair {
  scores: number;
  boxes: number;
}

/**
 * Finds for each grid the output with its boxes and that with its scores, by their numbers of rows. `boxValues` is what a
 * row of boxes has. If both could be it, the scores come first in the order of exports.
 */
export function pairsOf(
  outputs: OutputShape[],
  grids: Grid[],
  boxValues: number,
  boxesFirst = false,
): { pairs: GridPair[]; classes: number } | undefined {
  if (outputs.length !== 2 * grids.length) return undefined;
  const shapes = outputs.map(({ shape }) => (shape.length === 3 ? shape.slice(1) : shape));
  const pairs: GridPair[] = [];
  let classes: number | undefined;
  for (const { cells } of grids) {
    const [first = -1, second = -1, ...more] = [...shapes.keys()].filter(
      (i) => shapes[i]?.length === 2 && shapes[i]?.[0] === cells,
    );
    if (second < 0 || more.length > 0) return undefined;
    const areBoxes = (i: number) => shapes[i]?.[1] === boxValues;
    const boxes =
      areBoxes(first) && (boxesFirst || !areBoxes(second)) ? first : areBoxes(second) ? second : -1;
    if (boxes < 0) return undefined;
    const scores = boxes === first ? second : first;
    const own = shapes[scores]?.[1] ?? 0;
    if (own < 1 || (classes !== undefined && own !== classes)) return undefined;
    classes = own;
    pairs.push({ scores, boxes });
  }
  return classes === undefined ? undefined : { pairs, classes };
}

/** An output of scores and one of distributions for each grid, whose points lie in the middles of cells. */
export function distanceLayout(outputs: OutputShape[], grids: Grid[]): OutputLayout | undefined {
  const found = pairsOf(outputs, grids, DISTRIBUTIONS);
  if (!found) return undefined;
  const { pairs, classes } = found;
  return {
    classes,
    decode(values, minConfidence) {
      const cells = grids.map(
        (grid, i): CellValues => ({
          grid,
          scores: values[pairs[i]?.scores ?? 0]?.data ?? NONE,
          scoresStart: 0,
          scoresStep: classes,
          boxes: values[pairs[i]?.boxes ?? 0]?.data ?? NONE,
          boxesStart: 0,
          boxesStep: DISTRIBUTIONS,
        }),
      );
      return decodeDistances(cells, classes, 0.5, minConfidence);
    },
  };
}

const NONE = new Float32Array();
