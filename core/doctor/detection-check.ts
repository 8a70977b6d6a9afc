import type { z } from 'zod';
import { createDetection, type DetectionModule } from '../detection/create-detection.js';
import type { AnalysisRequest } from '../detection/detection.js';
import { messageOf, ProblemError, StartError } from '../runtime/errors.js';
import { Lifecycle } from '../runtime/lifecycle.js';
import { silentLogger } from '../runtime/logger.js';
import type { detectionSettings } from '../runtime/settings.js';
import { type Check, failure, ok, type Verdict, warning } from './finding.js';

export interface DetectionExpectation {
  settings: z.infer<typeof detectionSettings>;
  maxPixels: number;
  /** What is asked of the detectors, and by whom. */
  uses: { by: string; request: AnalysisRequest }[];
}

/** Whether a worker of its own answers, and the detectors are there that the configuration names. */
export const detectionCheck = ({ settings, maxPixels, uses }: DetectionExpectation): Check => ({
  about: 'detection',
  async run() {
    const detection = createDetection({
      settings: { ...settings, workers: 1 },
      maxPixels,
      onJob: () => undefined,
      log: silentLogger(),
    });
    const lifecycle = new Lifecycle(detection.services, silentLogger());
    try {
      await lifecycle.start();
      await detection.pool.ping();
      return [
        ...verdicts(detection, settings.engine),
        ...uses.flatMap((use) => plan(detection, use)),
      ];
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      return failure(error.message, 'Install the package, or run `npm run setup`, once more.');
    } finally {
      await lifecycle.stop();
    }
  },
});

function verdicts({ pool, catalog }: DetectionModule, engine: 'auto' | 'opencv'): Verdict[] {
  const { openCvVersion, engines } = pool.status();
  const detectors = catalog.detectors();
  const refused = detectors.filter(({ status }) => status === 'refused');
  const text = `a worker answers, OpenCV ${openCvVersion}, ${detectors.length - refused.length} detectors`;
  return [
    engine === 'opencv' || engines.includes('siteglass')
      ? ok(text)
      : warning(
          `${text}, without the faster engine`,
          'Its addon does not load; install it once more.',
        ),
    ...refused.map((detector) =>
      warning(
        `the detector ${detector.id} was refused: ${'reason' in detector ? detector.reason : 'no reason'}`,
        'Mend or remove its file in detection.folder.',
      ),
    ),
  ];
}

function plan(
  { catalog }: DetectionModule,
  { by, request }: DetectionExpectation['uses'][number],
): Verdict[] {
  try {
    catalog.plan(request);
    return [];
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return [
      failure(
        `${by}: ${messageOf(error)}`,
        'GET /api/v1/objectdetection/detectors lists those there are.',
      ),
    ];
  }
}
