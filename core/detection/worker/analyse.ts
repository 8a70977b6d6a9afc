import type {
  Detection,
  EngineName,
  Orientation,
  SearchParameters,
} from '../../contract/detection.js';
import type { AnalysisPlan, PlannedDetector } from '../detection.js';
import type { Findings } from '../protocol.js';
import { overlap, scaled, turnedBack } from './boxes.js';
import { decodeGrey } from './decode.js';
import { type GreyImage, withTurned } from './grey-image.js';
import type { OpenCv } from './opencv.js';
import type { CascadeSearch, Hit } from './search.js';

/** Two hits in differently turned images are one object where they overlap by more than this. */
const SAME_OBJECT = 0.5;

export type Engines = Partial<Record<EngineName, CascadeSearch>>;

/** Searches one image with every detector of the plan, over one decode. Boxes are in the original's pixels. */
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
    const searched = plan.preparation.orientations.map((orientation) => ({
      orientation,
      hits: withTurned(cv, image, orientation, (turned) =>
        searchAll(engines, turned, plan.detectors, scale),
      ),
    }));
    const detections = plan.detectors.flatMap((detector, i) => {
      const found = searched.flatMap(({ orientation, hits }) =>
        (hits[i] ?? []).map((hit) => ({
          ...hit,
          orientation,
          box: turnedBack(hit.box, orientation, image),
        })),
      );
      return merged(found).map(
        ({ box, neighbors, score }): Detection => ({
          label: detector.label,
          detector: detector.id,
          box: scaled(box, image, { width, height }),
          neighbors,
          score,
        }),
      );
    });
    const detectMs = performance.now() - decoded;
    return { width, height, detections, decodeMs: decoded - started, detectMs };
  } finally {
    image.release();
  }
}

/** Each detector's hits, in the detectors' order; an engine gets all of its own at once. */
function searchAll(
  engines: Engines,
  image: GreyImage,
  detectors: PlannedDetector[],
  scale: number,
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
    );
    for (const [answer, [i]] of own.entries()) hits[i] = answers[answer] ?? [];
  }
  return hits;
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
  const kept: TurnedHit[] = [];
  for (const hit of best) {
    const known = kept.some(
      (other) => other.orientation !== hit.orientation && overlap(other.box, hit.box) > SAME_OBJECT,
    );
    if (!known) kept.push(hit);
  }
  return kept;
}
