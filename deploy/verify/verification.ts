import type { Docker } from './docker.js';
import type { Step } from './steps.js';

/** What every part of the verification gets. */
export interface Verification {
  docker: Docker;
  root: string;
  /** A temporary folder of this run. */
  runFolder: string;
  step: Step;
}
