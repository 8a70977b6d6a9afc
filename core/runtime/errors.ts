import { type FieldError, type ProblemCode, problemKinds } from '../contract/problem.js';

interface ProblemOptions {
  errors?: FieldError[];
  /** Seconds after which the caller may try again. */
  retryAfter?: number;
  cause?: unknown;
}

/**
 * A condition that the caller can act on: a mistake in the request, or a limit. The caller sees its detail, so it never
 * contains internals. Any other error in a response is a bug in Siteglass.
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

/** The configuration cannot be used. Lists every error in it. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly errors: FieldError[];

  constructor(source: string, errors: FieldError[]) {
    const lines = errors.map(({ path, message }) => `  ${path || '(top level)'}: ${message}`);
    super(`${source} cannot be used:\n${lines.join('\n')}`);
    this.errors = errors;
  }
}

/** The program cannot start in this environment: a port is in use, a database is from a newer version. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
