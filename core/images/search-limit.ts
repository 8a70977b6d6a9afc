import type { EngineName } from '../contract/detection.js';
import type { AnalysisPlan } from '../detection/detection.js';
import { ProblemError } from '../runtime/errors.js';

interface Extent {
  width: number;
  height: number;
}

const MEGAPIXEL = 1_000_000;

/** The time for a pixel, relative to the cascade engine of this project: the lowest factor that was measured. */
const WEIGHTS = { siteglass: 1, opencv: 3 } satisfies Record<EngineName, number>;

/** Throws `invalid_parameter` for a search of more pixels in all passes, and names the fields that make it large. */
export function checkSearch(plan: AnalysisPlan, image: Extent, maxPixels: number): void {
  const pixels = searchedPixels(plan, image);
  if (pixels <= maxPixels) return;
  const { detectors, preparation } = plan;
  const fits = Math.floor(workingSide(plan, image) * Math.sqrt(maxPixels / pixels));
  const isFine = detectors.some(({ parameters }) => parameters.scaleFactor < 1.1);
  const errors = [
    { path: 'workingSize', message: `expected at most ${fits}, all else being equal` },
    ...(isFine ? [{ path: 'scaleFactor', message: 'expected a larger one' }] : []),
    ...(preparation.orientations.length > 1
      ? [{ path: 'orientations', message: 'expected fewer' }]
      : []),
    ...(detectors.length > 1 ? [{ path: 'detector', message: 'expected fewer' }] : []),
  ];
  const wanted = errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new ProblemError(
    'invalid_parameter',
    `The search would look at ${Math.ceil(pixels / MEGAPIXEL)} megapixels over all its passes, of which ${maxPixels / MEGAPIXEL} are accepted. ${wanted}.`,
    { errors },
  );
}

/**
 * The highest cost of a search is proportional to this, for one kind of image. Each pass is `scaleFactor` times smaller
 * than the one before, so that their areas are a geometric series; `minSize` and `maxSize` only skip some of them.
 */
function searchedPixels(plan: AnalysisPlan, image: Extent): number {
  const scale = workingSide(plan, image) / Math.max(image.width, image.height);
  const areas = plan.detectors.reduce(
    (sum, { engine, parameters }) => sum + WEIGHTS[engine] / (1 - parameters.scaleFactor ** -2),
    0,
  );
  const { orientations } = plan.preparation;
  return image.width * image.height * scale ** 2 * orientations.length * areas;
}

/** The longer side that is searched, in pixels. */
function workingSide({ preparation: { workingSize } }: AnalysisPlan, image: Extent): number {
  const longer = Math.max(image.width, image.height);
  return workingSize === 0 ? longer : Math.min(workingSize, longer);
}
