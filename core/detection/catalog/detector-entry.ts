import type {
  CascadeEngineName,
  DetectorResource,
  DetectorSettings,
  ModelParameters,
  SearchParameters,
} from '../../contract/detection.js';
import type { ModelDescription } from '../detection.js';

export type CascadeFeatures = 'haar' | 'lbp' | 'hog';

interface KnownDetector {
  id: string;
  origin: DetectorResource['origin'];
  source?: string;
  licence?: string;
  title?: string;
  /** What was set on a detector that was added; the other fields have it already. */
  settings?: DetectorSettings;
}

export interface KnownCascade extends KnownDetector {
  kind: 'cascade';
  label: string;
  parameters: SearchParameters;
}

export interface KnownModel extends KnownDetector {
  kind: 'onnx';
  /** Of an operator's model that was refused there may be none. */
  labels: string[];
  /** Those that people usually want; absent if that is all of them. */
  usualLabels?: string[];
  parameters: ModelParameters;
}

interface Verified {
  status: 'ready';
  /** Absolute path of the cascade or model, and the SHA-256 of its content. */
  file: string;
  sha256: string;
  /** Size of the file, of a detector that was added. */
  bytes?: number;
}

export interface ReadyCascade extends KnownCascade, Verified {
  features: CascadeFeatures;
  /** The engine that supports it; OpenCV takes over if the processor cannot run that one. */
  engine: CascadeEngineName;
  /** Why the project's own engine does not support it. */
  unsupported?: string;
  /** Size of the cascade's window in pixels: the smallest object it finds. */
  window: { width: number; height: number };
}

export interface ReadyModel extends KnownModel, Verified {
  model: ModelDescription;
}

/** A model of the manifest whose file was not downloaded. */
export interface AvailableModel extends KnownModel, ModelDownload {
  status: 'available';
  model: ModelDescription;
}

/** Where a model's file is downloaded from, and what it must be. */
export interface ModelDownload {
  url: string;
  bytes: number;
  sha256: string;
}

export type RefusedDetector = (KnownCascade | KnownModel) & { status: 'refused'; reason: string };

export type ReadyDetector = ReadyCascade | ReadyModel;

/** A detector as the catalog holds it. */
export type DetectorEntry = ReadyDetector | AvailableModel | RefusedDetector;

export const labelsOf = (entry: DetectorEntry): string[] =>
  entry.kind === 'cascade' ? [entry.label] : entry.labels;
