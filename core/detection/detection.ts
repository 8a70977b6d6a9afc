import type {
  Analysis,
  AppliedDetector,
  Box,
  DetectorResource,
  Orientation,
  Preparation,
} from '../contract/detection.js';
import type { UploadFields } from '../contract/image.js';
import type { Zone } from '../contract/zone.js';

/** One detector of a plan: which cascade file to search with, and how. */
export interface PlannedDetector extends AppliedDetector {
  label: string;
  /** Absolute path of the cascade, and the SHA-256 that its content was found to have. */
  file: string;
  sha256: string;
}

/** What is to be done with an image, with every default filled in. The same plan gives the same result. */
export interface AnalysisPlan {
  detectors: PlannedDetector[];
  preparation: Preparation;
  /** Of a camera: where detections count, at least one zone. The rest of the picture need not be searched. */
  zones?: Zone[];
}

export interface LabelledBox {
  label: string;
  box: Box;
}

/** What is asked of the detectors. */
export interface AnalysisRequest extends UploadFields {
  /** The degrees clockwise that set the whole picture upright; it is searched so, and in no other way. */
  orientation?: Orientation | undefined;
}

/** Resolves what a request asks for against the detectors there are. */
export interface Planner {
  /** Throws `unknown_detector` or `invalid_parameter`, naming the field. */
  plan(request: AnalysisRequest): AnalysisPlan;
  detectors(): DetectorResource[];
}

/**
 * Finds objects in an image's bytes. Callers check kind and size first; what does not decode, or kills
 * or stalls a worker, is refused with a ProblemError and costs no other image anything.
 */
export interface Detection {
  analyse(bytes: Buffer, plan: AnalysisPlan): Promise<Analysis>;
  /** The image, upright, with boxes and labels drawn, as JPEG. */
  draw(bytes: Buffer, boxes: LabelledBox[]): Promise<Buffer>;
}
