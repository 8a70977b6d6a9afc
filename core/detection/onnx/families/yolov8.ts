import type { Candidate } from '../candidate.js';
import { addBox } from './best-class.js';
import { boxAround } from './box-values.js';
import type { OutputFamily, OutputLayout } from './family.js';
import { FINAL_VALUES, finalLayout } from './final-layout.js';
import { cellsOf, gridsOf } from './grid.js';
import { rowLayout } from './row-layout.js';

const STRIDES = [8, 16, 32];
const WITH_LARGE_STRIDE = [8, 16, 32, 64];
/** YOLOv5 has three boxes a cell. */
const ANCHORS = 3;
/** An output with suppressed overlaps has few rows: corners, confidence, class. */
const MAX_FINAL_ROWS = 1_000;

/**
 * Exports of Ultralytics' models, whose boxes are centre and size in pixels of the input:
 * YOLOv8 and 11 have one column a box, with the classes' certainties; YOLOv5 has one row a box, with how certain it is that
 * there is an object before the classes; YOLOv10 and exports with `nms` have rows of corners, confidence and class.
 */
export const yolov8: OutputFamily = {
  name: 'yolov8',
  expected: (input) => {
    const cells = cellsOf(gridsOf(input, STRIDES));
    return `one output of 1 × (4 + classes) × ${cells}, or of 1 × ${ANCHORS * cells} × (5 + classes) as YOLOv5 has it`;
  },
  layoutOf(outputs, input, classes) {
    const [output, ...others] = outputs;
    if (!output || others.length > 0) return undefined;
    const [batch, first = 0, second = 0] = output.shape;
    if (output.shape.length !== 3 || batch !== 1) return undefined;
    for (const strides of [STRIDES, WITH_LARGE_STRIDE]) {
      const cells = cellsOf(gridsOf(input, strides));
      if (second === cells && first > 4) return columns(first - 4, cells);
      if (first === ANCHORS * cells && second > 5) return rowLayout(second - 5, 5, boxOfCentre);
      // A transposed export, which could be a YOLOX.
      if (first === cells && second - 4 === classes) return rowLayout(second - 4, 4, boxOfCentre);
    }
    if (second !== FINAL_VALUES || first > MAX_FINAL_ROWS) return undefined;
    return finalLayout(0, classes, { edges: 0, confidence: 4, class: 5 });
  },
};

/** One column a box: values of the same kind stand side by side. */
function columns(classes: number, cells: number): OutputLayout {
  return {
    classes,
    values: 4 + classes,
    decode([output], minConfidence) {
      const found: Candidate[] = [];
      const data = output?.data ?? new Float32Array();
      const best = new Float32Array(cells);
      const bestOf = new Uint16Array(cells);
      for (let c = 0, at = 4 * cells; c < classes; c++)
        for (let i = 0; i < cells; i++, at++) {
          const score = data[at] ?? 0;
          if (score > (best[i] ?? 0)) [best[i], bestOf[i]] = [score, c];
        }
      for (let i = 0; i < cells; i++) {
        const confidence = best[i] ?? 0;
        if (confidence < minConfidence) continue;
        const box = boxAround(data[i], data[cells + i], data[2 * cells + i], data[3 * cells + i]);
        addBox(found, { ...box, confidence, classIndex: bestOf[i] ?? 0 }, minConfidence);
      }
      return found;
    },
  };
}

const boxOfCentre = (data: Float32Array, at: number) =>
  boxAround(data[at], data[at + 1], data[at + 2], data[at + 3]);
