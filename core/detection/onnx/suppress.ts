import { BoxStrips } from '../box-strips.js';
import { overlap } from '../boxes.js';
import { byConfidence, type Candidate } from './candidate.js';

/**
 * Non-maximum suppression: of candidates of one class whose intersection over union is above `maxOverlap`, the strongest
 * stays. Strongest first.
 */
export function suppress(candidates: Candidate[], maxOverlap: number): Candidate[] {
  const kept = new BoxStrips<Candidate>(candidates);
  return candidates.toSorted(byConfidence).filter((candidate) => {
    const isSuppressed = kept.some(
      candidate,
      (stronger) =>
        stronger.classIndex === candidate.classIndex && overlap(stronger, candidate) > maxOverlap,
    );
    if (!isSuppressed) kept.add(candidate, candidate);
    return !isSuppressed;
  });
}
