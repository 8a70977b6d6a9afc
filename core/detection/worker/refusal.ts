import type { ProblemCode } from '../../contract/problem.js';

/**
 * The job's input cannot be processed. It stands for a `ProblemError`, which would load the schemas of the contract into
 * every worker.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly code: ProblemCode,
    detail: string,
  ) {
    super(detail);
  }
}
