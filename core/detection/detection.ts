import type {
  Analysis,
  AppliedCascade,
  AppliedModel,
  Box,
  DetectorResource,
  ModelFamily,
  Orientation,
  Preparation,
} from '../contract/detection.js';
import type { UploadFields } from '../contract/image.js';
import type { Zone } from '../contract/zone.js';

interface PlannedFile {
  /** Absolute path of the cascade or model, and the SHA-256 of its content when it was planned. */
  file: string;
  sha256: string;
}

export interface PlannedCascade extends AppliedCascade, PlannedFile {
  label: string;
}

export interface PlannedModel extends AppliedModel, PlannedFile {
  model: ModelDescription;
}

export const isCascade = (detector: PlannedDetector): detector is PlannedCascade =>
  detector.engine !== 'onnxruntime';

export const isModel = (detector: PlannedDetector): detector is PlannedModel =>
  !isCascade(detector);

/** One detector of a plan: which file to search with, and how. */
export type PlannedDetector = PlannedCascade | PlannedModel;

/** What has to be known of a model beside its file. */
export interface ModelDescription {
  family: ModelFamily;
  /** Of its input, in pixels. */
  width: number;
  height: number;
  channels: 'bgr' | 'rgb';
  /** What is subtracted from each channel, 0 to 255, and what the difference is multiplied by, in the order of `channels`. */
  mean: [number, number, number];
  scale: [number, number, number];
  /** Where the image lies in the input if their shapes differ, and the grey level of the rest. */
  letterbox: { align: 'start' | 'centre'; fill: number };
  /** In the order of the model's classes. */
  labels: string[];
}

/** What is known of a model before it was tried: the rest is read from its inputs and outputs. */
export type PartialDescription = Partial<ModelDescription>;

/** How to analyse an image, with every default filled in. The same plan gives the same result. */
export interface AnalysisPlan {
  detectors: PlannedDetector[];
  preparation: Preparation;
  /** Of a camera: where detections count, at least one zone. The rest of the picture is not searched. */
  zones?: Zone[];
  /** Detections with other labels or less confidence are left out. */
  labels?: string[];
  minConfidence?: number;
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

/** For whom a worker works. Origins that want workers at the same time get the same time of them. */
export interface JobOrigin {
  /** `service`: the program itself, e.g. to try a detector. */
  kind: 'camera' | 'client' | 'service';
  /** Of a camera its id; of a client its token's name or its network. */
  id: string;
}

/** The origin of what nobody else waits for. */
export const OWN_ORIGIN: JobOrigin = { kind: 'service', id: '' };

/**
 * Finds objects in an image's bytes. Callers check kind and size first. An image that does not decode, or that ends or
 * stalls a worker, is refused with a ProblemError and does not affect other images.
 */
export interface DetectionBackend {
  analyse(bytes: Buffer, plan: AnalysisPlan, origin?: JobOrigin): Promise<Analysis>;
  /** Makes a thumbnail and, if the gate has a plan for it, searches the image, as one job. Undefined if it has none. */
  analyseIf(bytes: Buffer, gate: SearchGate, origin?: JobOrigin): Promise<Analysis | undefined>;
  /** The image, upright, with boxes and labels drawn, as JPEG; with a width, no more pixels across than that. */
  draw(bytes: Buffer, boxes: LabelledBox[], origin?: JobOrigin, width?: number): Promise<Buffer>;
}
