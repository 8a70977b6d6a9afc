import type { Box } from '../../contract/detection.js';

/** A window that passed every stage, in pixels of the image. Rounding can take it a pixel past the image's edge. */
export interface Candidate extends Box {
  /** The last stage's sum. */
  score: number;
}

/** Candidates that one search may return: as objects they have to fit a worker's small heap. */
export const MAX_CANDIDATES = 50_000;

/** A search found more than `MAX_CANDIDATES`. */
export class TooManyCandidates extends Error {
  override readonly name = 'TooManyCandidates';

  constructor() {
    super(`more than ${MAX_CANDIDATES} windows passed every stage`);
  }
}
