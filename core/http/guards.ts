import type { Middleware } from 'koa';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { addressGroup } from '../runtime/address-group.js';
import { ProblemError } from '../runtime/errors.js';

const LOOPBACK_NAME = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i;

/**
 * Guards a server without authentication that listens on loopback only. A web page that is open on this machine must
 * not reach it, neither through a host name that resolves to loopback (DNS rebinding) nor through a form.
 */
export const onlyThisMachine: Middleware = async (ctx, next) => {
  if (!LOOPBACK_NAME.test(ctx.host))
    throw new ProblemError(
      'forbidden',
      'Without authentication, only requests to localhost are accepted.',
    );
  const origin = ctx.get('Origin');
  // Koa's `ctx.origin` is the header itself.
  if (origin && origin !== `${ctx.protocol}://${ctx.host}`)
    throw new ProblemError(
      'forbidden',
      'Without authentication, requests from other origins are refused.',
    );
  await next();
};

/** Limits the requests of each address per minute; an address is forgotten after that minute. */
export function limitRate(requestsPerMinute: number): Middleware {
  const limiter: RateLimiterAbstract = new RateLimiterMemory({
    points: requestsPerMinute,
    duration: 60,
  });
  return async (ctx, next) => {
    try {
      await limiter.consume(networkOf(ctx.ip));
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      throw new ProblemError(
        'rate_limited',
        `At most ${requestsPerMinute} requests per minute are allowed.`,
        { retryAfter: error.msBeforeNext / 1000 },
      );
    }
    await next();
  };
}

/** The network that a request is counted for. */
export const networkOf = addressGroup;
