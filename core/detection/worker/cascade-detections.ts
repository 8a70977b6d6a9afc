import { confidenceOf } from '../../contract/confidence.js';
import type { Box, Detection, Orientation } from '../../contract/detection.js';
import { scaled } from '../boxes.js';
import type { AnalysisPlan, PlannedCascade } from '../detection.js';
import { coverOf } from '../zone-cover.js';
import type { DecodedGrey, ImageDecoder } from './decode.js';
import { mergeOrientations } from './merge-orientations.js';
import type { GroupedCandidate } from './search.js';
import { type Engines, searchOrientations } from './search-orientations.js';

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
      (found[i] ?? []).map(({ box, ...candidate }) => ({ ...box, ...candidate, orientation })),
    );
    return mergeOrientations(found.sort(bestFirst)).map(
      ({ neighbors, score, ...box }): Detection => ({
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

type TurnedCandidate = Omit<GroupedCandidate, 'box'> & Box & { orientation: Orientation };

const bestFirst = (a: TurnedCandidate, b: TurnedCandidate): number =>
  b.neighbors - a.neighbors ||
  a.y - b.y ||
  a.x - b.x ||
  a.width - b.width ||
  a.orientation - b.orientation;
