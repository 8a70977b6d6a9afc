import type { Context, Middleware } from 'koa';
import { type Problem, problemKinds } from '../contract/problem.js';
import { ProblemError } from '../runtime/errors.js';
import type { Logger } from '../runtime/logger.js';

/** The problem document (RFC 9457) for an error. It contains no details of an unexpected error. */
export function problemOf(error: unknown): Problem {
  const known = error instanceof ProblemError ? error : undefined;
  const code = known?.code ?? 'internal';
  return {
    type: `urn:siteglass:problem:${code}`,
    title: problemKinds[code].title,
    status: problemKinds[code].status,
    code,
    ...(known && { detail: known.message }),
    ...(known?.errors && { errors: known.errors }),
  };
}

/** Writes the errors of a group of routes; the DeepStack API has its own form. */
export type ProblemWriter = (ctx: Context, problem: Problem) => void;

export const writeProblem: ProblemWriter = (ctx, problem) => {
  ctx.body = JSON.stringify(problem);
  ctx.type = 'application/problem+json';
};

/** Throws for a request that matched no route; the router has set the allowed methods in `Allow`. */
function throwUnmatched(ctx: Context): void {
  if (ctx.status === 404)
    throw new ProblemError('not_found', `No resource has the path ${ctx.path}.`);
  if (ctx.status === 405 || ctx.status === 501)
    throw new ProblemError('method_not_allowed', `Allowed methods: ${ctx.response.get('Allow')}.`);
}

/** Converts every error to a response. A group of routes can have its own form, in `ctx.state.writeProblem`. */
export function handleProblems(log: Logger): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.body === undefined) throwUnmatched(ctx);
    } catch (error) {
      if (!(error instanceof ProblemError))
        log.error(
          { err: error, method: ctx.method, path: ctx.state.loggedPath ?? ctx.path },
          'request failed',
        );
      const problem = problemOf(error);
      ctx.status = problem.status;
      ctx.remove('ETag');
      ctx.remove('Last-Modified');
      if (error instanceof ProblemError && error.retryAfter !== undefined)
        ctx.set('Retry-After', String(Math.ceil(error.retryAfter)));
      const write = (ctx.state.writeProblem as ProblemWriter | undefined) ?? writeProblem;
      write(ctx, problem);
    }
  };
}
