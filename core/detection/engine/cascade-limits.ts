import type { DocumentNode } from './cascade-document.js';

/** Bounds of a cascade's counts, far above any that is used. */
export const CASCADE_LIMITS = { stages: 1000, stumps: 65_536, features: 65_536 };

/** The cascade is well-formed, but has a feature that this engine does not support. */
export class UnsupportedFeature extends Error {}

/** OpenCV takes this off every stage's threshold. */
const THRESHOLD_EPS = Math.fround(1e-5);

/** A stage's threshold as OpenCV uses it, in single precision. */
export const stageThreshold = (written: number): number => Math.fround(written - THRESHOLD_EPS);

/** Bounds the trees of a whole cascade. */
export class TreeCount {
  #left = CASCADE_LIMITS.stumps;

  add(count: number, node: DocumentNode): void {
    this.#left -= count;
    if (this.#left < 0) throw node.error(`is beyond ${CASCADE_LIMITS.stumps} trees`);
  }
}
