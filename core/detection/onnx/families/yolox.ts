import { boxInCell } from './box-values.js';
import type { OutputFamily } from './family.js';
import { cellOf, cellsOf, gridsOf } from './grid.js';
import { rowLayout } from './row-layout.js';

const STRIDES = [8, 16, 32];
/** The box and how certain it is that there is an object, before the classes. */
const BEFORE_CLASSES = 5;

/**
 * YOLOX (Ge et al., 2021), exported without decoding: one row a cell. Place and size of the box are relative to the cell,
 * the size as a logarithm; certainties are 0 to 1.
 */
export const yolox: OutputFamily = {
  name: 'yolox',
  expected: (input) =>
    `one output of 1 × ${cellsOf(gridsOf(input, STRIDES))} × (${BEFORE_CLASSES} + classes)`,
  layoutOf(outputs, input) {
    const [output, ...others] = outputs;
    const grids = gridsOf(input, STRIDES);
    const [batch, rows, values] = output?.shape ?? [];
    if (others.length > 0 || output?.shape.length !== 3 || batch !== 1) return undefined;
    if (rows !== cellsOf(grids) || values === undefined || values <= BEFORE_CLASSES)
      return undefined;
    return rowLayout(values - BEFORE_CLASSES, BEFORE_CLASSES, (data, at, row) =>
      boxInCell(data, at, ...cellOf(grids, row)),
    );
  },
};
