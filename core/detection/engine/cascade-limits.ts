import type { DocumentNode } from './cascade-document.js';

/** Bounds of a cascade's counts, far above any that is used. */
export const CASCADE_LIMITS = { stages: 1000, nodes: 65_536, features: 65_536 };

/** The cascade is well-formed, but has a feature that this engine does not support. */
export class UnsupportedFeature extends Error {}

/** OpenCV takes this off every stage's threshold. */
const THRESHOLD_EPS = Math.fround(1e-5);

/** A stage's threshold as OpenCV uses it, in single precision. */
export const stageThreshold = (written: number): number => Math.fround(written - THRESHOLD_EPS);

/** The kernel evaluates every node of a tree, and has room for the masks of so many. */
export const MAX_TREE_NODES = 64;

/** Bounds the nodes of a whole cascade. */
export class NodeCount {
  #left = CASCADE_LIMITS.nodes;

  add(count: number, node: DocumentNode): void {
    this.#left -= count;
    if (this.#left < 0) throw node.error(`is beyond ${CASCADE_LIMITS.nodes} nodes`);
  }
}
