import { areaOf, byConfidence, type Candidate, sharedArea } from './candidate.js';

/**
 * Non-maximum suppression: of candidates of one class whose intersection over union is above `maxOverlap`, the strongest
 * stays. Strongest first.
 */
export function suppress(candidates: Candidate[], maxOverlap: number): Candidate[] {
  const keptOf = new Map<number, Candidate[]>();
  return candidates.toSorted(byConfidence).filter((candidate) => {
    const kept = keptOf.get(candidate.classIndex) ?? [];
    keptOf.set(candidate.classIndex, kept);
    if (kept.some((stronger) => unionShare(stronger, candidate) > maxOverlap)) return false;
    kept.push(candidate);
    return true;
  });
}

/** Intersection over union. */
function unionShare(a: Candidate, b: Candidate): number {
  const shared = sharedArea(a, b);
  return shared === 0 ? 0 : shared / (areaOf(a) + areaOf(b) - shared);
}
