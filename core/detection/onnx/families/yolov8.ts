import type { Candidate } from '../candidate.js';
import { addBox, bestClass } from './best-class.js';
import type { OutputFamily, OutputLayout, OutputShape } from './family.js';
import { cellsOf, gridsOf } from './grid.js';

const STRIDES = [8, 16, 32];
const WITH_LARGE_STRIDE = [8, 16, 32, 64];
/** YOLOv5 has three boxes a cell. */
const ANCHORS = 3;
/** An output with suppressed overlaps has few rows: corners, confidence, class. */
const MAX_FINAL_ROWS = 1_000;
const FINAL_VALUES = 6;

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
      if (first === ANCHORS * cells && second > 5) return rowsWithObject(second - 5);
      // A transposed export, which could be a YOLOX.
      if (first === cells && second - 4 === classes) return rowsOf(second - 4);
    }
    return finalBoxes(output, classes);
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
        const box = boxOf(data[i], data[cells + i], data[2 * cells + i], data[3 * cells + i]);
        addBox(found, { ...box, confidence, classIndex: bestOf[i] ?? 0 }, minConfidence);
      }
      return found;
    },
  };
}

const rowsWithObject = (classes: number) => rowLayout(classes, 5);
const rowsOf = (classes: number) => rowLayout(classes, 4);

/** `before`: values before those of the classes; the fifth is the object's. */
function rowLayout(classes: number, before: 4 | 5): OutputLayout {
  const values = before + classes;
  return {
    classes,
    values,
    decode([output], minConfidence) {
      const found: Candidate[] = [];
      const data = output?.data ?? new Float32Array();
      for (let at = 0; at + values <= data.length; at += values) {
        const object = before === 5 ? (data[at + 4] ?? 0) : 1;
        if (!(object >= minConfidence)) continue;
        const { classIndex, score } = bestClass(data, at + before, classes);
        const box = boxOf(data[at], data[at + 1], data[at + 2], data[at + 3]);
        addBox(found, { ...box, confidence: object * score, classIndex }, minConfidence);
      }
      return found;
    },
  };
}

/** How many classes there are is not in the shape. */
function finalBoxes({ shape }: OutputShape, classes = 80): OutputLayout | undefined {
  const [, rows = 0, values] = shape;
  if (values !== FINAL_VALUES || rows > MAX_FINAL_ROWS) return undefined;
  return {
    classes,
    decode([output], minConfidence) {
      const found: Candidate[] = [];
      const data = output?.data ?? new Float32Array();
      for (let at = 0; at + FINAL_VALUES <= data.length; at += FINAL_VALUES) {
        const [x = 0, y = 0, right = 0, bottom = 0, confidence = 0, classIndex = 0] = data.subarray(
          at,
          at + FINAL_VALUES,
        );
        if (!Number.isInteger(classIndex) || classIndex < 0 || classIndex >= classes) continue;
        const box = { x, y, width: right - x, height: bottom - y };
        addBox(found, { ...box, confidence, classIndex }, minConfidence);
      }
      return found;
    },
  };
}

const boxOf = (centreX = 0, centreY = 0, width = 0, height = 0) => ({
  x: centreX - width / 2,
  y: centreY - height / 2,
  width,
  height,
});
