import type { Candidate } from '../candidate.js';
import { addBox, bestClass } from './best-class.js';
import type { OutputFamily, OutputLayout } from './family.js';
import { cellsOf, forEachCell, type Grid, gridsOf } from './grid.js';

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
    return layout(grids, values - BEFORE_CLASSES);
  },
};

function layout(grids: Grid[], classes: number): OutputLayout {
  const values = BEFORE_CLASSES + classes;
  return {
    classes,
    values,
    decode([output], minConfidence) {
      const found: Candidate[] = [];
      const data = output?.data ?? new Float32Array();
      forEachCell(grids, (row, column, line, stride) => {
        const at = row * values;
        const object = data[at + 4] ?? 0;
        if (!(object >= minConfidence)) return;
        const { classIndex, score } = bestClass(data, at + BEFORE_CLASSES, classes);
        const width = Math.exp(data[at + 2] ?? 0) * stride;
        const height = Math.exp(data[at + 3] ?? 0) * stride;
        const x = ((data[at] ?? 0) + column) * stride - width / 2;
        const y = ((data[at + 1] ?? 0) + line) * stride - height / 2;
        const confidence = object * score;
        addBox(found, { x, y, width, height, confidence, classIndex }, minConfidence);
      });
      return found;
    },
  };
}
