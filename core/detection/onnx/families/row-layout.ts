import type { Candidate } from '../candidate.js';
import { addBox, bestClass } from './best-class.js';
import type { OutputLayout } from './family.js';

type Place = Pick<Candidate, 'x' | 'y' | 'width' | 'height'>;

/**
 * One output with a row a box: four numbers of its place; with five `before` the classes, how certain it is that there is an
 * object; how certain each class is. `placeOf` gets where in the data the row begins, and its number.
 */
export function rowLayout(
  classes: number,
  before: 4 | 5,
  placeOf: (data: Float32Array, at: number, row: number) => Place,
): OutputLayout {
  const values = before + classes;
  return {
    classes,
    values,
    decode([output], minConfidence) {
      const found: Candidate[] = [];
      const data = output?.data ?? new Float32Array();
      for (let row = 0, at = 0; at + values <= data.length; row++, at += values) {
        const object = before === 5 ? (data[at + 4] ?? 0) : 1;
        if (!(object >= minConfidence)) continue;
        const { classIndex, score } = bestClass(data, at + before, classes);
        const confidence = object * score;
        addBox(found, { ...placeOf(data, at, row), confidence, classIndex }, minConfidence);
      }
      return found;
    },
  };
}
