import { MIN_MODEL_CONFIDENCE } from '../contract/confidence.js';
import type { Detection } from '../contract/detection.js';
import type { Zone } from '../contract/zone.js';
import {
  type AnalysisPlan,
  isModel,
  type PlannedDetector,
  type PlannedModel,
} from './detection.js';
import { counts } from './zones.js';

type Filters = Pick<AnalysisPlan, 'detectors' | 'labels' | 'minConfidence' | 'zones'>;

/**
 * Which of a plan's detections a result has, on a picture of this size: those with a label that is asked for, certain
 * enough, and where the zones have them count. A zone to include may ask for another confidence than the plan.
 */
export function wanted(
  plan: Filters,
  { width, height }: { width: number; height: number },
): (detection: Detection) => boolean {
  const { labels, zones = [] } = plan;
  const hasPlaces = zones.some(({ kind }) => kind === 'include');
  const usual = new Map(plan.detectors.map((one) => [one.id, usualConfidence(one, plan)]));
  return ({ label, detector, confidence, box }) => {
    if (labels && !labels.includes(label)) return false;
    const least = usual.get(detector) ?? 0;
    if (!hasPlaces && confidence < least) return false;
    const applying = zones.filter(
      (zone) =>
        (zone.labels?.includes(label) ?? true) &&
        (zone.kind === 'mask' || confidence >= (zone.minConfidence ?? least)),
    );
    if (hasPlaces && !applying.some(({ kind }) => kind === 'include')) return false;
    return counts(applying, box, width, height);
  };
}

const usualConfidence = (detector: PlannedDetector, { minConfidence = 0 }: Filters): number =>
  isModel(detector) ? detector.parameters.minConfidence : minConfidence;

/** The least confidence of a model's detections that may be wanted: its own, or that of a zone. */
export const searchedConfidence = ({ parameters }: PlannedModel, zones: Zone[] = []): number =>
  Math.max(
    MIN_MODEL_CONFIDENCE,
    Math.min(parameters.minConfidence, ...zones.map((zone) => zone.minConfidence ?? 1)),
  );
