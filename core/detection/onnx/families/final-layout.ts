import type { Candidate } from '../candidate.js';
import { addBox } from './best-class.js';
import { boxOfEdges } from './box-values.js';
import type { OutputLayout } from './family.js';

/** Numbers of a box: its edges, its confidence and its class. */
export const FINAL_VALUES = 6;

/**
 * Boxes whose overlaps are suppressed already, in the output of this number. How many classes there are is not in the
 * shape. `at` says where in a row each part is.
 */
export function finalLayout(
  output: number,
  classes: number | undefined,
  at: { edges: number; confidence: number; class: number },
): OutputLayout {
  const known = classes ?? 80;
  return {
    classes: known,
    decode(outputs, minConfidence) {
      const found: Candidate[] = [];
      const data = outputs[output]?.data ?? new Float32Array();
      for (let row = 0; row + FINAL_VALUES <= data.length; row += FINAL_VALUES) {
        // Rows without a box have the class -1.
        const classIndex = data[row + at.class] ?? -1;
        if (!Number.isInteger(classIndex) || classIndex < 0 || classIndex >= known) continue;
        const confidence = data[row + at.confidence] ?? 0;
        const box = boxOfEdges(data, row + at.edges);
        addBox(found, { ...box, confidence, classIndex }, minConfidence);
      }
      return found;
    },
  };
}
