import type { CascadeEngineName } from '../contract/detection.js';
import { tilesOf } from '../contract/detection.js';
import {
  type AnalysisPlan,
  isCascade,
  isModel,
  type PlannedModel,
} from '../detection/detection.js';
import { ProblemError } from '../runtime/errors.js';

interface Extent {
  width: number;
  height: number;
}

const MEGAPIXEL = 1_000_000;

/** The time for a pixel, relative to the cascade engine of this project: the lowest factor that was measured. */
const WEIGHTS = { siteglass: 1, opencv: 3 } satisfies Record<CascadeEngineName, number>;

/** The time for a pixel of a model's input, relative to the same: measured with a small one, YOLOX-nano. */
const MODEL_WEIGHT = 18;

/** Throws `invalid_parameter` for a search of more pixels in all passes, and names the fields that make it large. */
export function checkSearch(plan: AnalysisPlan, image: Extent, maxPixels: number): void {
  const pixels = searchedPixels(plan, image);
  if (pixels <= maxPixels) return;
  const { detectors, preparation } = plan;
  const ofModels = modelPixels(plan);
  const left = Math.max(0, maxPixels - ofModels) / Math.max(1, pixels - ofModels);
  const fits = Math.floor(workingSide(plan, image) * Math.sqrt(left));
  const isFine = detectors.filter(isCascade).some(({ parameters }) => parameters.scaleFactor < 1.1);
  const errors = [
    ...(detectors.some(isCascade)
      ? [{ path: 'workingSize', message: `expected at most ${fits}, all else being equal` }]
      : []),
    ...(isFine ? [{ path: 'scaleFactor', message: 'expected a larger one' }] : []),
    ...(preparation.orientations.length > 1
      ? [{ path: 'orientations', message: 'expected fewer' }]
      : []),
    ...(preparation.tiles ? [{ path: 'tiles', message: 'expected fewer' }] : []),
    ...(detectors.length > 1 ? [{ path: 'detector', message: 'expected fewer' }] : []),
  ];
  const wanted = errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new ProblemError(
    'invalid_parameter',
    `The search would look at ${Math.ceil(pixels / MEGAPIXEL)} megapixels over all its passes, of which ${maxPixels / MEGAPIXEL} are accepted. ${wanted}.`,
    { errors },
  );
}

const searchedPixels = (plan: AnalysisPlan, image: Extent): number =>
  cascadePixels(plan, image) + modelPixels(plan);

/**
 * The highest cost of a search with cascades is proportional to this, for one kind of image. Each pass is `scaleFactor`
 * times smaller than the one before, so that their areas are a geometric series; `minSize` and `maxSize` only skip some
 * of them.
 */
function cascadePixels(plan: AnalysisPlan, image: Extent): number {
  const scale = workingSide(plan, image) / Math.max(image.width, image.height);
  const areas = plan.detectors
    .filter(isCascade)
    .reduce(
      (sum, { engine, parameters }) => sum + WEIGHTS[engine] / (1 - parameters.scaleFactor ** -2),
      0,
    );
  const { orientations } = plan.preparation;
  return image.width * image.height * scale ** 2 * orientations.length * areas;
}

/** A model's input has the same size for every image. */
function modelPixels({ detectors, preparation }: AnalysisPlan): number {
  const { columns, rows } = tilesOf(preparation.tiles ?? '1');
  const areaOf = ({ model }: PlannedModel) => model.width * model.height;
  const area = detectors.filter(isModel).reduce((sum, detector) => sum + areaOf(detector), 0);
  return MODEL_WEIGHT * area * columns * rows * preparation.orientations.length;
}

/** The longer side that is searched, in pixels. */
function workingSide({ preparation: { workingSize } }: AnalysisPlan, image: Extent): number {
  const longer = Math.max(image.width, image.height);
  return workingSize === 0 ? longer : Math.min(workingSize, longer);
}
