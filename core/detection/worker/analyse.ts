import { strongestFirst } from '../../contract/confidence.js';
import type { Detection } from '../../contract/detection.js';
import { type AnalysisPlan, isCascade, isModel } from '../detection.js';
import type { Findings } from '../protocol.js';
import { wanted } from '../wanted.js';
import { type ModelSearch, neededScale } from './backends/onnx.js';
import { cascadeDetections } from './cascade-detections.js';
import type { DecodedImage, ImageDecoder } from './decode.js';
import { modelDetections } from './model-detections.js';
import type { Engines } from './search-orientations.js';

/** What a result holds: with `minNeighbors` 0, or a cascade that fits nearly everywhere, it would be megabytes of boxes. */
const MAX_DETECTIONS = 1_000;

/** What a worker searches with. */
export interface Searches {
  engines: Engines;
  models: ModelSearch;
}

/**
 * Searches one image with every detector of the plan, over one decode. Boxes are in the original's pixels. With zones the
 * result is that of the whole image less what does not count.
 */
export async function analyse(
  decoder: ImageDecoder,
  searches: Searches,
  bytes: Buffer,
  plan: AnalysisPlan,
): Promise<Findings> {
  const started = performance.now();
  const { workingSize, orientations, tiles = '1' } = plan.preparation;
  const models = plan.detectors.filter(isModel).map(({ model }) => model);
  const request = {
    workingSize,
    acceptDamaged: plan.acceptDamaged ?? false,
    grey: plan.detectors.some(isCascade),
    colourScale:
      models.length > 0
        ? (size: { width: number; height: number }) =>
            neededScale(models, { tiles, workingSize, orientations }, size)
        : undefined,
  };
  return decoder.withImage(bytes, request, async (image) => {
    const decoded = performance.now();
    const { width, height, damaged } = image;
    const detections = await search(decoder, searches, image, plan);
    const detectMs = performance.now() - decoded;
    const times = { decodeMs: decoded - started, detectMs };
    return { width, height, ...strongest(detections), ...(damaged && { damaged }), ...times };
  });
}

/** In the order of the plan's detectors. */
async function search(
  decoder: ImageDecoder,
  { engines, models }: Searches,
  image: DecodedImage,
  plan: AnalysisPlan,
): Promise<Detection[]> {
  const { width, height, grey, colour } = image;
  const found = new Map<string, Detection[]>();
  const cascades = plan.detectors.filter(isCascade);
  if (grey) {
    const decoded = { ...image, image: grey };
    const lists = cascadeDetections(decoder, engines, decoded, cascades, plan);
    for (const [i, { id }] of cascades.entries()) found.set(id, lists[i] ?? []);
  }
  for (const model of plan.detectors.filter(isModel))
    if (colour)
      found.set(
        model.id,
        await modelDetections(decoder, models, colour, { width, height }, model, plan),
      );
  return plan.detectors.flatMap(({ id }) => found.get(id) ?? []).filter(wanted(plan, image));
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
