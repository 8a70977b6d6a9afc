import type { Middleware } from 'koa';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { ProblemError } from '../runtime/errors.js';

const LOOPBACK_NAME = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i;

/**
 * Guards a server without authentication that relies on being reachable from this machine only: a web page that
 * the user has open must not reach it, neither by a name that it pointed here (DNS rebinding) nor by a form.
 */
export const onlyThisMachine: Middleware = async (ctx, next) => {
  if (!LOOPBACK_NAME.test(ctx.host))
    throw new ProblemError('forbidden', 'Without tokens, only localhost is served here.');
  const origin = ctx.get('Origin');
  // Koa's `ctx.origin` is the header itself.
  if (origin && origin !== `${ctx.protocol}://${ctx.host}`)
    throw new ProblemError('forbidden', 'Without tokens, other pages may not call here.');
  await next();
};

/** Lets each address make so many requests a minute; the table of addresses forgets them after that minute. */
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
        `At most ${requestsPerMinute} requests a minute are answered.`,
        { retryAfter: error.msBeforeNext / 1000 },
      );
    }
    await next();
  };
}

/**
 * What an address is counted by. One customer usually holds a whole IPv6 /64; counting single addresses would
 * limit nobody there.
 */
export function networkOf(ip: string): string {
  const mapped = /^::ffff:([\d.]+)$/i.exec(ip)?.[1];
  if (mapped || !ip.includes(':')) return mapped ?? ip;
  const [head = '', tail = ''] = ip.toLowerCase().split('::');
  const before = head.split(':').filter(Boolean);
  const after = tail.split(':').filter(Boolean);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}
