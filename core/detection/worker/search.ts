import type { Box, EngineName, SearchParameters } from '../../contract/detection.js';
import type { CascadeFile } from '../protocol.js';
import type { GreyImage } from './grey-image.js';
import { Refusal } from './refusal.js';

export interface CascadeSearchRequest {
  cascade: CascadeFile;
  /** Sizes are in pixels of the image that is searched. */
  parameters: SearchParameters;
}

/** A place where a cascade fits, in pixels of the image that was searched. */
export interface Hit {
  box: Box;
  /** Number of merged windows. */
  neighbors: number;
  /** The last stage's sum; null where the engine does not report it. */
  score: number | null;
}

/** An engine that searches images with cascades. */
export interface CascadeSearch {
  readonly engine: EngineName;
  /**
   * One answer for each request, in their order. Regions, in pixels of the image, say where hits matter: those whose centre
   * lies in one are as in the whole image, with their neighbors and score; of others any may be missing.
   */
  search(image: GreyImage, requests: CascadeSearchRequest[], regions?: Box[]): Hit[][];
}

/** Windows that one search may let pass: what they take as objects has to fit the worker's small heap. */
export const MAX_WINDOWS = 50_000;

export const tooManyWindows = () =>
  new Refusal(
    'analysis_failed',
    `The detectors fit at more than ${MAX_WINDOWS} places in it; more minNeighbors or a larger scaleFactor leave fewer.`,
  );
