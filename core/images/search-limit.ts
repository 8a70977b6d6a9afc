import type { EngineName } from '../contract/detection.js';
import type { AnalysisPlan } from '../detection/detection.js';
import { ProblemError } from '../runtime/errors.js';

interface Extent {
  width: number;
  height: number;
}

const MEGAPIXEL = 1_000_000;

/** How long a pixel takes, in times of what it takes our own engine: the least that was measured. */
const WEIGHTS = { siteglass: 1, opencv: 3 } satisfies Record<EngineName, number>;

/** Refuses, as `invalid_parameter`, a search of more pixels over all its passes, and names the fields that make it large. */
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
 * What a search costs at most is in proportion to this, for one kind of picture. Each pass is `scaleFactor` times smaller than
 * the one before, so that their areas make a geometric series; `minSize` and `maxSize` only leave some of them out.
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
