import { confidenceOf } from '../../contract/confidence.js';
import type { Detection, Orientation } from '../../contract/detection.js';
import { overlap, scaled } from '../boxes.js';
import type { AnalysisPlan, PlannedCascade } from '../detection.js';
import { coverOf } from '../zone-cover.js';
import type { DecodedGrey, ImageDecoder } from './decode.js';
import type { GroupedCandidate } from './search.js';
import { type Engines, searchOrientations } from './search-orientations.js';

/** Boxes found in differently turned images are one object if they overlap by more than this. */
const SAME_OBJECT = 0.5;

/** What each cascade finds, in pixels of the original image. */
export function cascadeDetections(
  { native }: ImageDecoder,
  engines: Engines,
  { width, height, image }: DecodedGrey,
  cascades: PlannedCascade[],
  { zones = [], preparation }: AnalysisPlan,
): Detection[][] {
  const scale = Math.max(image.width, image.height) / Math.max(width, height);
  const regions = zones.length > 0 ? coverOf(zones, image) : undefined;
  const { orientations } = preparation;
  const searched = searchOrientations(
    native,
    engines,
    image,
    cascades,
    orientations,
    scale,
    regions,
  );
  return cascades.map((detector, i) => {
    const found = searched.flatMap(({ orientation, found }) =>
      (found[i] ?? []).map((candidate) => ({ ...candidate, orientation })),
    );
    return merged(found).map(
      ({ box, neighbors, score }): Detection => ({
        label: detector.label,
        detector: detector.id,
        box: scaled(box, image, { width, height }),
        confidence: confidenceOf(neighbors, detector.parameters.minNeighbors),
        neighbors,
        score,
      }),
    );
  });
}

type TurnedCandidate = GroupedCandidate & { orientation: Orientation };

/** Best first, without what another orientation found with more neighbors. */
function merged(candidates: TurnedCandidate[]): TurnedCandidate[] {
  const best = candidates.toSorted(
    (a, b) =>
      b.neighbors - a.neighbors ||
      a.box.y - b.box.y ||
      a.box.x - b.box.x ||
      a.box.width - b.box.width ||
      a.orientation - b.orientation,
  );
  // With one orientation there is nothing to merge.
  if (best.every(({ orientation }) => orientation === best[0]?.orientation)) return best;
  const kept: TurnedCandidate[] = [];
  for (const candidate of best) {
    const known = kept.some(
      (other) =>
        other.orientation !== candidate.orientation &&
        overlap(other.box, candidate.box) > SAME_OBJECT,
    );
    if (!known) kept.push(candidate);
  }
  return kept;
}
