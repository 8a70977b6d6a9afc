import type { Middleware } from 'koa';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
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
export function limitRate(requestsPerMinute: number, what = 'requests'): Middleware {
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
        `At most ${requestsPerMinute} ${what} per minute are allowed.`,
        { retryAfter: error.msBeforeNext / 1000 },
      );
    }
    await next();
  };
}

/**
 * The network that a request is counted for. One customer usually has a whole IPv6 /64, so a limit for each address
 * would have no effect.
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
