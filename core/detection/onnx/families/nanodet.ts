import { type CellValues, DISTRIBUTIONS, decodeDistances, distanceLayout } from './distances.js';
import type { Output, OutputFamily, OutputLayout } from './family.js';
import { cellsOf, type Grid, gridsOf } from './grid.js';

/** NanoDet has three grids, and the points of its boxes in the middles of cells; NanoDet-Plus four, and in their corners. */
const STRIDES = [8, 16, 32];
const STRIDES_OF_PLUS = [8, 16, 32, 64];

/** NanoDet and NanoDet-Plus (RangiLyu, 2020 and 2021): rows of the classes' certainties and the sides' distributions. */
export const nanodet: OutputFamily = {
  name: 'nanodet',
  expected: (input) => {
    const [cells, ofPlus] = [STRIDES, STRIDES_OF_PLUS].map((s) => cellsOf(gridsOf(input, s)));
    return `one output of 1 × ${ofPlus} × (classes + ${DISTRIBUTIONS}), or of 1 × ${cells} × (classes + ${DISTRIBUTIONS})`;
  },
  layoutOf(outputs, input, classes) {
    // The first exports have two outputs a grid.
    const separate = distanceLayout(outputs, gridsOf(input, STRIDES));
    if (separate) return separate;
    const [output, ...others] = outputs;
    const [batch, rows, values = 0] = output?.shape ?? [];
    if (others.length > 0 || output?.shape.length !== 3 || batch !== 1) return undefined;
    const own = values - DISTRIBUTIONS;
    if (own < 1) return undefined;
    const plus = gridsOf(input, STRIDES_OF_PLUS);
    if (rows === cellsOf(plus)) return rowsOf(plus, own, 0);
    const grids = gridsOf(input, STRIDES);
    // The same shape could be a YOLOX with more classes.
    if (rows === cellsOf(grids) && own === classes) return rowsOf(grids, own, 0.5);
    return undefined;
  },
};

function rowsOf(grids: Grid[], classes: number, offset: 0 | 0.5): OutputLayout {
  const step = classes + DISTRIBUTIONS;
  return {
    classes,
    values: step,
    decode: ([output], minConfidence) =>
      decodeDistances(rowValues(output, grids, classes, step), classes, offset, minConfidence),
  };
}

function rowValues(
  output: Output | undefined,
  grids: Grid[],
  classes: number,
  step: number,
): CellValues[] {
  const data = output?.data ?? new Float32Array();
  let rows = 0;
  return grids.map((grid) => {
    const start = rows * step;
    rows += grid.cells;
    return {
      grid,
      scores: data,
      scoresStart: start,
      scoresStep: step,
      boxes: data,
      boxesStart: start + classes,
      boxesStep: step,
    };
  });
}
