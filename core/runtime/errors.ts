import { type FieldError, type ProblemCode, problemKinds } from '../contract/problem.js';

interface ProblemOptions {
  errors?: FieldError[];
  /** Seconds until it makes sense to try again. */
  retryAfter?: number;
  cause?: unknown;
}

/**
 * A condition that the caller can act on: their mistake, or a limit reached here. Its detail is shown
 * to them, so it never carries internals. Any other error that reaches the edge of the program is a bug of ours.
 */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly code: ProblemCode;
  readonly status: number;
  readonly errors: FieldError[] | undefined;
  readonly retryAfter: number | undefined;

  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail, { cause: options.cause });
    this.code = code;
    this.status = problemKinds[code].status;
    this.errors = options.errors;
    this.retryAfter = options.retryAfter;
  }
}

/** The configuration cannot be used. Lists everything that is wrong with it, not only the first thing. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly errors: FieldError[];

  constructor(source: string, errors: FieldError[]) {
    const lines = errors.map(({ path, message }) => `  ${path || '(top level)'}: ${message}`);
    super(`${source} cannot be used:\n${lines.join('\n')}`);
    this.errors = errors;
  }
}

/** The environment lacks something the program needs: a port that is taken, a database from a newer version. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
