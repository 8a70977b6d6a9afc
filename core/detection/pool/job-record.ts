import type { EngineName } from '../../contract/detection.js';
import type { ProblemCode } from '../../contract/problem.js';
import type { AnalysisPlan, JobOrigin } from '../detection.js';
import type { JobKind, JobResult } from '../protocol.js';

/** A job that was sent to a worker, for metrics. */
export interface JobRecord {
  kind: Exclude<JobKind, 'ping'>;
  origin: JobOrigin;
  /** `failed` is a bug of ours. */
  outcome: 'done' | ProblemCode | 'failed';
  queueMs: number;
  /** From sending the job to having its result. */
  runMs: number;
  /** Of an analysis that was done. */
  decodeMs?: number;
  detectMs?: number;
  /** What an image was searched with; absent if there was no search. */
  engines?: EngineName[];
}

/** The times that a result holds. */
export const timesOf = (
  result: JobResult | undefined,
): Pick<JobRecord, 'decodeMs' | 'detectMs'> => {
  if (typeof result !== 'object' || result === null || !('decodeMs' in result)) return {};
  const { decodeMs, detectMs } = result;
  return { decodeMs, detectMs };
};

export const enginesOf = ({ detectors }: AnalysisPlan): EngineName[] => [
  ...new Set(detectors.map(({ engine }) => engine)),
];
