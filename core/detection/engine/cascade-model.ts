import type { Size } from './geometry.js';

/** A rectangle of a window, in its pixels. */
export interface Rectangle extends Size {
  x: number;
  y: number;
}

/** A sum of weighted rectangles. Tilted ones are turned by 45° about their corner `x`, `y`. */
export interface HaarFeature {
  tilted: boolean;
  rectangles: (Rectangle & { weight: number })[];
}

/** A tree of depth one: a feature, and what it adds to its stage's sum on either side. */
export interface HaarStump {
  feature: HaarFeature;
  /** The left leaf counts if the feature, over the window's deviation, is below it. */
  threshold: number;
  left: number;
  right: number;
}

export interface LbpStump {
  /** The first of three by three cells of the same size. */
  cell: Rectangle;
  /** Eight words of 32 bits: the patterns for which the left leaf counts. */
  subset: number[];
  left: number;
  right: number;
}

export interface Stage<Stump> {
  /** The stage lets a window pass unless its sum is below this. */
  threshold: number;
  stumps: Stump[];
}

/** A cascade that the engine searches with exactly as OpenCV does. Thresholds and leaves are 32-bit floats. */
export type CascadeModel = { window: Size } & (
  | { kind: 'haar'; stages: Stage<HaarStump>[] }
  | { kind: 'lbp'; stages: Stage<LbpStump>[] }
);

/** A well-formed cascade that this engine does not search with. OpenCV may. */
export interface UnsupportedCascade {
  kind: 'haar' | 'lbp' | 'hog';
  window: Size;
  reason: string;
}

export type ParsedCascade = { model: CascadeModel } | { unsupported: UnsupportedCascade };

/** The file is not a cascade, or one that would make an engine read outside its window. */
export class InvalidCascade extends Error {
  override readonly name = 'InvalidCascade';
}
