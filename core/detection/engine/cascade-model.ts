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

/** The left branch is taken if the feature, over the window's deviation, is below the threshold. */
export interface HaarTest {
  feature: HaarFeature;
  threshold: number;
}

export interface LbpTest {
  /** The first of three by three cells of the same size. */
  cell: Rectangle;
  /** Eight words of 32 bits: the patterns for which the left branch is taken. */
  subset: number[];
}

/** A decision tree, or the part of one below a node. A tree of one node is a stump. */
export type Tree<Test> = Test & { left: Branch<Test>; right: Branch<Test> };

/** A leaf, which is added to its stage's sum, or another node. */
export type Branch<Test> = number | Tree<Test>;

export interface Stage<Test> {
  /** The stage lets a window pass unless its sum is below this. */
  threshold: number;
  trees: Tree<Test>[];
}

/** A cascade that the engine searches with exactly as OpenCV does. Thresholds and leaves are 32-bit floats. */
export type CascadeModel = { window: Size } & (
  | { kind: 'haar'; stages: Stage<HaarTest>[] }
  | { kind: 'lbp'; stages: Stage<LbpTest>[] }
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
