import {
  type Analysis,
  confidenceOf,
  type Detection,
  MODEL_ENGINE,
  searchDefaults,
} from '../contract/detection.js';

/** Results of versions before models have no confidence: they are all of cascades. */
type StoredDetection = Omit<Detection, 'confidence'> & { confidence?: number };
type StoredAnalysis = Omit<Analysis, 'detections'> & { detections: StoredDetection[] };

/** A result as the database has it, whichever version wrote it. */
export function readAnalysis(text: string): Analysis {
  const analysis = JSON.parse(text) as StoredAnalysis;
  const needed = new Map(
    analysis.detectors.flatMap((one) =>
      one.engine === MODEL_ENGINE ? [] : [[one.id, one.parameters.minNeighbors]],
    ),
  );
  const detections = analysis.detections.map((detection): Detection => {
    const { label, detector, box, confidence, ...found } = detection;
    if (confidence !== undefined) return { ...detection, confidence };
    const minNeighbors = needed.get(detector) ?? searchDefaults.minNeighbors;
    const filledIn = confidenceOf(found.neighbors ?? 0, minNeighbors);
    return { label, detector, box, confidence: filledIn, ...found };
  });
  return { ...analysis, detections };
}
