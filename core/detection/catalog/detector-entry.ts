import type { DetectorResource, EngineName, SearchParameters } from '../../contract/detection.js';

export type CascadeKind = 'haar' | 'lbp' | 'hog';

interface KnownDetector {
  id: string;
  label: string;
  origin: DetectorResource['origin'];
  parameters: SearchParameters;
  source?: string;
  licence?: string;
}

export interface ReadyDetector extends KnownDetector {
  status: 'ready';
  /** Absolute path of the cascade, and the SHA-256 of its content. */
  file: string;
  sha256: string;
  kind: CascadeKind;
  /** The engine that supports it; OpenCV takes over if the processor cannot run that one. */
  engine: EngineName;
  /** Why the project's own engine does not support it. */
  unsupported?: string;
  /** Size of the cascade's window in pixels: the smallest object it finds. */
  window: { width: number; height: number };
}

export interface RefusedDetector extends KnownDetector {
  status: 'refused';
  reason: string;
}

/** A detector as the catalog holds it. */
export type DetectorEntry = ReadyDetector | RefusedDetector;
