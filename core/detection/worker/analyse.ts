import {
  confidenceOf,
  type Detection,
  type Orientation,
  strongestFirst,
} from '../../contract/detection.js';
import { overlap, scaled } from '../boxes.js';
import { type AnalysisPlan, isCascade } from '../detection.js';
import type { Findings } from '../protocol.js';
import { wanted } from '../wanted.js';
import { coverOf } from '../zone-cover.js';
import type { DecodedGrey, ImageDecoder } from './decode.js';
import { Refusal } from './refusal.js';
import type { GroupedCandidate } from './search.js';
import { type Engines, searchOrientations } from './search-orientations.js';

/** Boxes found in differently turned images are one object if they overlap by more than this. */
const SAME_OBJECT = 0.5;

/** What a result holds: with `minNeighbors` 0, or a cascade that fits nearly everywhere, it would be megabytes of boxes. */
const MAX_DETECTIONS = 1_000;

/**
 * Searches one image with every detector of the plan, over one decode. Boxes are in the original's pixels. With zones the
 * result is that of the whole image less what does not count.
 */
export function analyse(
  decoder: ImageDecoder,
  engines: Engines,
  bytes: Buffer,
  plan: AnalysisPlan,
): Findings {
  const started = performance.now();
  const { workingSize } = plan.preparation;
  const request = { workingSize, acceptDamaged: plan.acceptDamaged ?? false };
  return decoder.withGrey(bytes, request, (decodedImage) => {
    const decoded = performance.now();
    const { width, height, damaged } = decodedImage;
    const detections = search(decoder, engines, decodedImage, plan);
    const detectMs = performance.now() - decoded;
    const times = { decodeMs: decoded - started, detectMs };
    return { width, height, ...strongest(detections), ...(damaged && { damaged }), ...times };
  });
}

function search(
  { native }: ImageDecoder,
  engines: Engines,
  { width, height, image }: DecodedGrey,
  plan: AnalysisPlan,
): Detection[] {
  const scale = Math.max(image.width, image.height) / Math.max(width, height);
  const zones = plan.zones ?? [];
  const regions = zones.length > 0 ? coverOf(zones, image) : undefined;
  const { orientations } = plan.preparation;
  const cascades = plan.detectors.filter(isCascade);
  if (cascades.length < plan.detectors.length)
    throw new Refusal('detection_unavailable', 'ONNX Runtime is not installed.');
  const searched = searchOrientations(
    native,
    engines,
    image,
    cascades,
    orientations,
    scale,
    regions,
  );
  const isWanted = wanted(plan, { width, height });
  return cascades.flatMap((detector, i) => {
    const found = searched.flatMap(({ orientation, found }) =>
      (found[i] ?? []).map((candidate) => ({ ...candidate, orientation })),
    );
    return merged(found)
      .map(
        ({ box, neighbors, score }): Detection => ({
          label: detector.label,
          detector: detector.id,
          box: scaled(box, image, { width, height }),
          confidence: confidenceOf(neighbors, detector.parameters.minNeighbors),
          neighbors,
          score,
        }),
      )
      .filter(isWanted);
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

/** The strongest, in the order that they came in. */
function strongest(detections: Detection[]): Pick<Findings, 'detections' | 'omitted'> {
  if (detections.length <= MAX_DETECTIONS) return { detections };
  const best = detections.toSorted(strongestFirst);
  const kept = new Set(best.slice(0, MAX_DETECTIONS));
  return {
    detections: detections.filter((detection) => kept.has(detection)),
    omitted: detections.length - kept.size,
  };
}
