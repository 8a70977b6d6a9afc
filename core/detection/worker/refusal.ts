import type { ProblemCode } from '../../contract/problem.js';

/**
 * The job's input cannot be worked on. The worker's form of a `ProblemError`, which would bring the
 * schemas of the contract, and their memory, into every worker.
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
