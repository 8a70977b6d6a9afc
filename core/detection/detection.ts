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
  /** Absolute path of the cascade, and the SHA-256 of its content when it was planned. */
  file: string;
  sha256: string;
}

/** How to analyse an image, with every default filled in. The same plan gives the same result. */
export interface AnalysisPlan {
  detectors: PlannedDetector[];
  preparation: Preparation;
  /** Of a camera: where detections count, at least one zone. The rest of the picture is not searched. */
  zones?: Zone[];
  /** Searches an image even if pixels are missing or made up; otherwise such an image is refused. */
  acceptDamaged?: true;
}

export interface LabelledBox {
  label: string;
  box: Box;
}

/** What a caller wants of the detectors. */
export interface AnalysisRequest extends UploadFields {
  /** The degrees clockwise that turn the whole picture upright. It is searched in this orientation only. */
  orientation?: Orientation | undefined;
}

/** Makes a plan for a request from the detectors that there are. */
export interface Planner {
  /** Throws `unknown_detector` or `invalid_parameter`, naming the field. */
  plan(request: AnalysisRequest): AnalysisPlan;
  detectors(): DetectorResource[];
}

/** A small copy of an image: 8-bit grey, upright, row by row. */
export interface Thumbnail {
  width: number;
  height: number;
  grey: Uint8Array;
}

/** Decides from an image's thumbnail whether the image is searched. */
export interface SearchGate {
  /** Caps the longer side of the thumbnail, in pixels. */
  side: number;
  /** As in a plan; without it a damaged image has no thumbnail. */
  acceptDamaged?: boolean;
  /**
   * What to search for, or undefined to skip the search. Called at most once an image. A worker waits for the result, so
   * this must not wait for a worker.
   */
  planFor(thumbnail: Thumbnail): Promise<AnalysisPlan | undefined>;
}

/**
 * Finds objects in an image's bytes. Callers check kind and size first. An image that does not decode, or that ends or
 * stalls a worker, is refused with a ProblemError and does not affect other images.
 */
export interface DetectionBackend {
  analyse(bytes: Buffer, plan: AnalysisPlan): Promise<Analysis>;
  /** Makes a thumbnail and, if the gate has a plan for it, searches the image, as one job. Undefined if it has none. */
  analyseIf(bytes: Buffer, gate: SearchGate): Promise<Analysis | undefined>;
  /** The image, upright, with boxes and labels drawn, as JPEG. */
  draw(bytes: Buffer, boxes: LabelledBox[]): Promise<Buffer>;
}
