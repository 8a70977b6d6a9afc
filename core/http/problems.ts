import type { Context, Middleware } from 'koa';
import { type Problem, problemKinds } from '../contract/problem.js';
import { messageOf, ProblemError } from '../runtime/errors.js';
import { LogThrottle } from '../runtime/log-throttle.js';
import type { Logger } from '../runtime/logger.js';
import { unavailabilityOf } from '../store/database-unavailable.js';
import { filesUnavailabilityOf } from '../store/files-unavailable.js';
import { isDatabaseBusy, storageProblem } from '../store/storage-failure.js';

const RETRY_AFTER_S = 5;
const LOG_EVERY_MS = 60_000;

/** Something that this process works with is away: the caller learns what, and when to try again. */
function whatIsAway(cause: unknown): unknown {
  const options = { cause, retryAfter: RETRY_AFTER_S };
  const database = unavailabilityOf(cause);
  if (database)
    return new ProblemError(
      'database_unavailable',
      `The database is not available: ${database.reason}.`,
      options,
    );
  if (isDatabaseBusy(cause))
    return new ProblemError('database_unavailable', 'Another process uses the database.', options);
  const files = filesUnavailabilityOf(cause);
  if (files)
    return new ProblemError(
      'files_unavailable',
      `The file store is not available: ${files.reason}.`,
      options,
    );
  return storageProblem(cause);
}

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
  const throttle = new LogThrottle(LOG_EVERY_MS);
  const report = (ctx: Context, thrown: unknown, error: unknown) => {
    const path = ctx.state.loggedPath ?? ctx.path;
    if (!(error instanceof ProblemError))
      log.error({ err: error, method: ctx.method, path }, 'request failed');
    else if (error !== thrown && throttle.isDue(error.code))
      log.warn({ error: messageOf(thrown), path }, `request failed: ${error.message}`);
  };
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.body === undefined) throwUnmatched(ctx);
    } catch (thrown) {
      const error = thrown instanceof ProblemError ? thrown : whatIsAway(thrown);
      report(ctx, thrown, error);
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
