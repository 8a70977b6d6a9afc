import type { Detection } from '../../core/contract/detection.js';
import { overlap } from '../../core/detection/boxes.js';
import type { AnnotatedImage } from './annotations.js';

/** What a detector found in an annotated image. */
export interface SearchedImage extends AnnotatedImage {
  detections: Detection[];
}

export interface Score {
  label: string;
  images: number;
  objects: number;
  found: number;
  /** 0 to 1; NaN without objects. */
  recall: number;
  falsePositives: number;
  falsePositivesPerImage: number;
  /** In images that are annotated to have no such object. */
  falsePositivesWithout: number;
}

/**
 * Recall and false positives of one label at a confidence. A detection finds the object that it overlaps most, by
 * intersection over union, if that is at least `minOverlap` and no stronger one has found it. All others are false.
 */
export function scoreOf(
  images: SearchedImage[],
  label: string,
  minConfidence: number,
  minOverlap: number,
): Score {
  let [counted, objects, found, falsePositives, falsePositivesWithout] = [0, 0, 0, 0, 0];
  for (const { boxes, detections } of images) {
    const expected = boxes.get(label);
    if (!expected) continue;
    counted++;
    objects += expected.length;
    const open = new Set(expected);
    const ofLabel = detections
      .filter((one) => one.label === label && one.confidence >= minConfidence)
      .toSorted((a, b) => b.confidence - a.confidence);
    for (const { box } of ofLabel) {
      const [best] = [...open]
        .map((object) => ({ object, shared: overlap(object, box) }))
        .filter(({ shared }) => shared >= minOverlap)
        .sort((a, b) => b.shared - a.shared);
      if (best) {
        open.delete(best.object);
        found++;
      } else {
        falsePositives++;
        if (expected.length === 0) falsePositivesWithout++;
      }
    }
  }
  return {
    label,
    images: counted,
    objects,
    found,
    recall: found / objects,
    falsePositives,
    falsePositivesPerImage: falsePositives / counted,
    falsePositivesWithout,
  };
}
