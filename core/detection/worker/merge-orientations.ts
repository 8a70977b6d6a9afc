import type { Box, Orientation } from '../../contract/detection.js';
import { BoxStrips } from '../box-strips.js';
import { overlap } from '../boxes.js';

/** Boxes found in differently turned images are one object if they overlap by more than this. */
const SAME_OBJECT = 0.5;

/** In pixels of the picture before it was turned. */
interface TurnedBox extends Box {
  orientation: Orientation;
  /** Boxes with different ones are different objects. */
  classIndex?: number;
}

/** Given the best first: those without what another orientation found better. */
export function mergeOrientations<Found extends TurnedBox>(best: Found[]): Found[] {
  // With one orientation there is nothing to merge.
  if (best.every(({ orientation }) => orientation === best[0]?.orientation)) return best;
  const kept = new BoxStrips<TurnedBox>(best);
  return best.filter((box) => {
    const isKnown = kept.some(
      box,
      (other) =>
        other.orientation !== box.orientation &&
        other.classIndex === box.classIndex &&
        overlap(other, box) > SAME_OBJECT,
    );
    if (!isKnown) kept.add(box, box);
    return !isKnown;
  });
}
