import type { Middleware } from 'koa';
import { ProblemError } from '../runtime/errors.js';

/** The character that PostgreSQL's text and C's strings cannot have. Nothing here has it in a name or a value. */
const NUL = '\0';

const REASON = 'has a NUL character';

/** Refuses a path or a query with a NUL character. Node.js refuses one in a header. */
export const refuseNul: Middleware = (ctx, next) => {
  if (ctx.url.includes('%00') || ctx.url.includes(NUL))
    throw new ProblemError('invalid_parameter', `The path or the query ${REASON}.`);
  return next();
};

/** The paths of the texts in a value, from a client, that have a NUL character. */
export function nulsIn(value: unknown, path = ''): string[] {
  if (typeof value === 'string') return value.includes(NUL) ? [path] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) => [
    ...(name.includes(NUL) ? [path] : []),
    ...nulsIn(part, path ? `${path}.${name}` : name),
  ]);
}

/** Throws `invalid_parameter` for a value with a NUL character. */
export function checkNoNul(value: unknown, where: string): void {
  const paths = nulsIn(value);
  if (paths.length === 0) return;
  const shown = paths.map((path) => path.replaceAll(NUL, '\ufffd'));
  throw new ProblemError(
    'invalid_parameter',
    `In the ${where}: ${shown.map((path) => (path ? `${path}: ${REASON}` : REASON)).join('; ')}.`,
    { errors: shown.map((path) => ({ path, message: REASON })) },
  );
}
