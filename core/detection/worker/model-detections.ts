import type { Detection, Orientation } from '../../contract/detection.js';
import { type Extent, scaled, turned, turnedBack } from '../boxes.js';
import type { ColourPixels } from '../decoder/native-decoder.js';
import type { AnalysisPlan, PlannedModel } from '../detection.js';
import type { Candidate } from '../onnx/candidate.js';
import { searchedConfidence } from '../wanted.js';
import { coverOf } from '../zone-cover.js';
import type { ModelQuery, ModelSearch } from './backends/onnx.js';
import type { ImageDecoder } from './decode.js';
import { mergeOrientations } from './merge-orientations.js';

/** What a model finds, in pixels of the original image, whose size is given. */
export async function modelDetections(
  decoder: ImageDecoder,
  search: ModelSearch,
  picture: ColourPixels,
  size: Extent,
  detector: PlannedModel,
  { zones = [], preparation }: AnalysisPlan,
): Promise<Detection[]> {
  const { orientations, tiles = '1' } = preparation;
  const regions = zones.length > 0 ? coverOf(zones, picture) : undefined;
  if (regions?.length === 0) return [];
  const minConfidence = searchedConfidence(detector, zones);
  const found: TurnedCandidate[] = [];
  for (const orientation of orientations) {
    const query = (turnedPicture: ColourPixels): ModelQuery => ({
      detector,
      minConfidence,
      ...sizesIn(turnedPicture, size, orientation, detector),
      tiles,
      regions: regions?.map((region) => turned(region, orientation, picture)),
    });
    const candidates = await decoder.colours.withTurned(picture, orientation, (turnedPicture) =>
      search.search(turnedPicture, query(turnedPicture)),
    );
    for (const candidate of candidates)
      found.push({
        ...candidate,
        ...turnedBack(candidate, orientation, picture),
        orientation,
      });
  }
  return mergeOrientations(found.sort(bestFirst)).flatMap((candidate) => {
    const label = detector.model.labels[candidate.classIndex];
    if (label === undefined) return [];
    return {
      label,
      detector: detector.id,
      box: scaled(candidate, picture, size),
      confidence: Number(candidate.confidence.toFixed(4)),
      neighbors: null,
      score: null,
    };
  });
}

/** The limits on sizes, which are in pixels of the original image, in those of the picture that is searched. */
function sizesIn(
  picture: Extent,
  size: Extent,
  orientation: Orientation,
  { parameters }: PlannedModel,
): Pick<ModelQuery, 'minSize' | 'maxSize'> {
  const isTurned = orientation % 180 !== 0;
  const across = picture.width / (isTurned ? size.height : size.width);
  const down = picture.height / (isTurned ? size.width : size.height);
  const inPicture = (pixels: number) => ({ width: pixels * across, height: pixels * down });
  return { minSize: inPicture(parameters.minSize), maxSize: inPicture(parameters.maxSize) };
}

type TurnedCandidate = Candidate & { orientation: Orientation };

const bestFirst = (a: TurnedCandidate, b: TurnedCandidate): number =>
  b.confidence - a.confidence ||
  a.y - b.y ||
  a.x - b.x ||
  a.width - b.width ||
  a.orientation - b.orientation ||
  a.classIndex - b.classIndex;
