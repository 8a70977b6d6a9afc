import type { Box, CascadeEngineName, SearchParameters } from '../../contract/detection.js';
import { MAX_CANDIDATES } from '../engine/candidate.js';
import type { CascadeFile } from '../protocol.js';
import type { GreyImage } from './grey-image.js';
import { Refusal } from './refusal.js';

export interface CascadeSearchRequest {
  cascade: CascadeFile;
  /** Sizes are in pixels of the image that is searched. */
  parameters: SearchParameters;
}

/** Candidates merged into one box, in pixels of the image that was searched. */
export interface GroupedCandidate {
  box: Box;
  /** Number of candidates merged. */
  neighbors: number;
  /** The last stage's sum; null if the engine does not report it. */
  score: number | null;
}

/** An engine that searches images with cascades. */
export interface CascadeSearch {
  readonly engine: CascadeEngineName;
  /**
   * One list for each request, in their order. With regions, in pixels of the image, a box whose centre lies in one of
   * them comes out as in a search of the whole image. Any other may be missing. Throws a `Refusal` for too many candidates.
   */
  search(image: GreyImage, requests: CascadeSearchRequest[], regions?: Box[]): GroupedCandidate[][];
}

export const tooManyCandidates = () =>
  new Refusal(
    'analysis_failed',
    `The detectors fit at more than ${MAX_CANDIDATES} places in it; more minNeighbors or a larger scaleFactor leave fewer.`,
  );
