import type { ProblemCode } from '../../core/contract/problem.js';

/** What the analysis of a snapshot can fail with. */
export const ANALYSIS_PROBLEMS: ProblemCode[] = [
  'image_crashed_decoder',
  'detection_timeout',
  'queue_full',
  'detection_unavailable',
  'shutting_down',
  'disk_budget_spent',
];
