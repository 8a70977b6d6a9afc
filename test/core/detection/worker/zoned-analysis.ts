import fc from 'fast-check';
import sharp from 'sharp';
import type { Orientation } from '../../../../core/contract/detection.js';
import type { Zone } from '../../../../core/contract/zone.js';
import { loadDecoder } from '../../../../core/detection/decoder/native-decoder.js';
import { loadRuntime } from '../../../../core/detection/onnx/runtime.js';
import { analyse } from '../../../../core/detection/worker/analyse.js';
import { SiteglassSearch } from '../../../../core/detection/worker/backends/cascade.js';
import { ModelSearch } from '../../../../core/detection/worker/backends/onnx.js';
import { OpenCvSearch } from '../../../../core/detection/worker/backends/opencv.js';
import { ImageDecoder } from '../../../../core/detection/worker/decode.js';
import type { Engines } from '../../../../core/detection/worker/search-orientations.js';
import { counts } from '../../../../core/detection/zones.js';
import { loadOpenCv } from '../../../../core/opencv/opencv.js';
import { seededRandom } from '../../../support/render-random.js';
import { cascadesOf, planFor } from '../detection-setup.js';
import { drawImage, SUBJECTS } from '../engine/support/images.js';

const fraction = fc.integer({ min: 0, max: 20 }).map((n) => n / 20);
const zone: fc.Arbitrary<Zone> = fc.record({
  kind: fc.constantFrom('include' as const, 'mask' as const),
  points: fc.array(fc.tuple(fraction, fraction), { minLength: 3, maxLength: 5 }),
});
const analyses = fc.record({
  subject: fc.constantFrom(...SUBJECTS, 'objects' as const, 'objects' as const),
  seed: fc.nat(),
  size: fc.record({
    width: fc.integer({ min: 60, max: 400 }),
    height: fc.integer({ min: 60, max: 300 }),
  }),
  zones: fc.array(zone, { minLength: 1, maxLength: 3 }),
  minNeighbors: fc.constantFrom(0, 1, 3),
  workingSize: fc.constantFrom(0, 150),
  orientations: fc.constantFrom<Orientation[]>([0], [0], [90, 180]),
  engine: fc.constantFrom('siteglass' as const, 'siteglass' as const, 'opencv' as const),
});

export interface ZonedAnalyses {
  /** What was found with zones and should not have been, or the other way round; of the first such image. */
  counterexample: string | undefined;
  /** Detections that counted, and those that did not. */
  counted: number;
  left: number;
}

/** Analyses of drawn images with drawn zones, held against those of the whole images less what does not count. */
export async function zonedAnalyses(): Promise<ZonedAnalyses> {
  const native = loadDecoder();
  const decoder = new ImageDecoder(native, 1_000_000);
  const models = new ModelSearch(native, loadRuntime);
  const engines: Engines = {
    opencv: new OpenCvSearch(() => loadOpenCv('engine')),
    siteglass: SiteglassSearch.open(),
  };
  let [counted, left] = [0, 0];
  const property = fc.asyncProperty(analyses, async (drawn) => {
    const { subject, seed, size, zones, engine, ...fields } = drawn;
    const { data, ...raw } = drawImage(subject, size, seededRandom(seed));
    const bytes = await sharp(data, { raw: { ...raw, channels: 1 } })
      .png()
      .toBuffer();
    const planned = await planFor({ ...fields, detector: ['stop-sign', 'stop-sign-lbp', 'face'] });
    const plan = {
      ...planned,
      detectors: cascadesOf(planned).map((detector) => ({ ...detector, engine })),
    };
    const [{ detections: whole }, { detections: zoned }] = [
      await analyse(decoder, { engines, models }, bytes, plan),
      await analyse(decoder, { engines, models }, bytes, { ...plan, zones }),
    ];
    const wanted = whole.filter(({ box }) => counts(zones, box, size.width, size.height));
    counted += wanted.length;
    left += whole.length - wanted.length;
    return JSON.stringify(zoned) === JSON.stringify(wanted);
  });
  const { failed, counterexample } = await fc.check(property, { seed: 11, numRuns: 250 });
  return { counterexample: failed ? JSON.stringify(counterexample) : undefined, counted, left };
}
