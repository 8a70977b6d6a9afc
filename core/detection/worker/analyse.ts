import type {
  Box,
  Detection,
  EngineName,
  Orientation,
  SearchParameters,
} from '../../contract/detection.js';
import type { OpenCv } from '../../opencv/opencv.js';
import { overlap, scaled, turned, turnedBack } from '../boxes.js';
import type { AnalysisPlan, PlannedDetector } from '../detection.js';
import type { Findings } from '../protocol.js';
import { coverOf } from '../zone-cover.js';
import { counts } from '../zones.js';
import { decodeGrey } from './decode.js';
import { type GreyImage, withTurned } from './grey-image.js';
import { type CascadeSearch, type Hit, MAX_WINDOWS, tooManyWindows } from './search.js';

/** Two hits in differently turned images are one object where they overlap by more than this. */
const SAME_OBJECT = 0.5;

/** Where objects in differently turned images overlap each other in longer chains, the whole image is searched. */
const MAX_ROUNDS = 4;

/** What a result holds: with `minNeighbors` 0, or a cascade that fits nearly everywhere, it would be megabytes of boxes. */
const MAX_DETECTIONS = 1_000;

export type Engines = Partial<Record<EngineName, CascadeSearch>>;

/**
 * Searches one image with every detector of the plan, over one decode. Boxes are in the original's pixels. With zones the
 * result is that of the whole image less what does not count.
 */
export function analyse(
  cv: OpenCv,
  engines: Engines,
  bytes: Buffer,
  plan: AnalysisPlan,
  maxPixels: number,
): Findings {
  const started = performance.now();
  const { width, height, image } = decodeGrey(cv, bytes, plan.preparation.workingSize, maxPixels);
  const decoded = performance.now();
  try {
    const scale = Math.max(image.width, image.height) / Math.max(width, height);
    const zones = plan.zones ?? [];
    const regions = zones.length > 0 ? coverOf(zones, image) : undefined;
    const searched = searchTurned(cv, engines, image, plan, scale, regions);
    const detections = plan.detectors.flatMap((detector, i) => {
      const found = searched.flatMap(({ orientation, hits }) =>
        (hits[i] ?? []).map((hit) => ({ ...hit, orientation })),
      );
      return merged(found)
        .map(
          ({ box, neighbors, score }): Detection => ({
            label: detector.label,
            detector: detector.id,
            box: scaled(box, image, { width, height }),
            neighbors,
            score,
          }),
        )
        .filter(({ box }) => counts(zones, box, width, height));
    });
    const detectMs = performance.now() - decoded;
    return { width, height, ...strongest(detections), decodeMs: decoded - started, detectMs };
  } finally {
    image.release();
  }
}

interface Searched {
  orientation: Orientation;
  /** Each detector's, in pixels of the image as it stands. */
  hits: Hit[][];
}

/** The image in each of the plan's orientations. */
function searchTurned(
  cv: OpenCv,
  engines: Engines,
  image: GreyImage,
  { preparation: { orientations }, detectors }: AnalysisPlan,
  scale: number,
  regions: Box[] | undefined,
): Searched[] {
  const search = (places: Box[] | undefined) => {
    let windows = 0;
    return orientations.map((orientation) => {
      const turnedPlaces = places?.map((place) => turned(place, orientation, image));
      const hits = withTurned(cv, image, orientation, (turnedImage) =>
        searchAll(engines, turnedImage, detectors, scale, turnedPlaces),
      );
      windows += hits.reduce((sum, ofDetector) => sum + ofDetector.length, 0);
      if (windows > MAX_WINDOWS) throw tooManyWindows();
      const back = (hit: Hit) => ({ ...hit, box: turnedBack(hit.box, orientation, image) });
      return { orientation, hits: hits.map((ofDetector) => ofDetector.map(back)) };
    });
  };
  let found = search(regions);
  if (!regions || orientations.length === 1) return found;
  // What else was found of an object has its centre in the object's box, and so on from there.
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const boxes = boxesOf(found);
    if (boxes.length > 0) found = search([...regions, ...boxes]);
    if (boxesOf(found).length === boxes.length) return found;
  }
  return search(undefined);
}

const boxesOf = (searched: Searched[]): Box[] =>
  searched.flatMap(({ hits }) => hits.flat()).map(({ box }) => box);

/** Each detector's hits with their centre in a region, in the detectors' order; an engine gets all of its own at once. */
function searchAll(
  engines: Engines,
  image: GreyImage,
  detectors: PlannedDetector[],
  scale: number,
  regions: Box[] | undefined,
): Hit[][] {
  const hits: Hit[][] = detectors.map(() => []);
  for (const name of new Set(detectors.map(({ engine }) => engine))) {
    const engine = engines[name];
    if (!engine) throw new Error(`this worker has no engine named ${name}`);
    const own = [...detectors.entries()].filter(([, detector]) => detector.engine === name);
    const answers = engine.search(
      image,
      own.map(([, { file, sha256, parameters }]) => ({
        cascade: { file, sha256 },
        parameters: atScale(parameters, scale),
      })),
      regions,
    );
    for (const [answer, [i]] of own.entries())
      hits[i] = (answers[answer] ?? []).filter(({ box }) => isIn(box, regions));
  }
  return hits;
}

function isIn({ x, y, width, height }: Box, regions: Box[] | undefined): boolean {
  const [across, down] = [x + width / 2, y + height / 2];
  return (
    regions?.some(
      (region) =>
        across >= region.x &&
        across <= region.x + region.width &&
        down >= region.y &&
        down <= region.y + region.height,
    ) ?? true
  );
}

/** Sizes in pixels of the working image. A limit stays one, where 0 would lift it. */
function atScale(parameters: SearchParameters, scale: number): SearchParameters {
  const size = (pixels: number) => Math.max(1, Math.round(pixels * scale));
  return {
    ...parameters,
    minSize: size(parameters.minSize),
    maxSize: parameters.maxSize === 0 ? 0 : size(parameters.maxSize),
  };
}

type TurnedHit = Hit & { orientation: Orientation };

/** Best first, without what another orientation found with more neighbors. */
function merged(hits: TurnedHit[]): TurnedHit[] {
  const best = hits.toSorted(
    (a, b) =>
      b.neighbors - a.neighbors ||
      a.box.y - b.box.y ||
      a.box.x - b.box.x ||
      a.box.width - b.box.width ||
      a.orientation - b.orientation,
  );
  // Every hit would be held against every other one, to no end.
  if (best.every(({ orientation }) => orientation === best[0]?.orientation)) return best;
  const kept: TurnedHit[] = [];
  for (const hit of best) {
    const known = kept.some(
      (other) => other.orientation !== hit.orientation && overlap(other.box, hit.box) > SAME_OBJECT,
    );
    if (!known) kept.push(hit);
  }
  return kept;
}

/** The strongest, in the order that they came in. */
function strongest(detections: Detection[]): Pick<Findings, 'detections' | 'omitted'> {
  if (detections.length <= MAX_DETECTIONS) return { detections };
  const best = detections.toSorted(
    (a, b) => b.neighbors - a.neighbors || (b.score ?? 0) - (a.score ?? 0),
  );
  const kept = new Set(best.slice(0, MAX_DETECTIONS));
  return {
    detections: detections.filter((detection) => kept.has(detection)),
    omitted: detections.length - kept.size,
  };
}
