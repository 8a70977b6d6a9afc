import { Stream } from 'node:stream';
import type { Middleware } from 'koa';
import { ProblemError } from '../runtime/errors.js';
import type { ConnectionShares } from './connection-shares.js';

/**
 * Counts a response that is in memory until its client has taken it, and refuses it while the client's network has too
 * many of them. A stream is not counted: it holds a few kilobytes, see `ConnectionShares`.
 */
export function holdResponse(connections: ConnectionShares): Middleware {
  return async (ctx, next) => {
    await next();
    const { body } = ctx;
    if (body === undefined || body === null || body instanceof Stream) return;
    const isText = typeof body === 'string' || Buffer.isBuffer(body);
    const content = isText ? body : JSON.stringify(body);
    if (!connections.hold(ctx.req, Buffer.byteLength(content)))
      throw new ProblemError(
        'rate_limited',
        'This address asks for more than it reads, or than its share in a second.',
        { retryAfter: 1 },
      );
    // The type is set already.
    if (!isText) ctx.body = content;
  };
}
