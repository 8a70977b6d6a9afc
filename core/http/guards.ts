import { isIP } from 'node:net';
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

/** Nobody but the owner of a network gives a machine a name of one word, or one that ends so. */
const LOCAL_NAME =
  /^[^.]+$|\.(local|localhost|localdomain|lan|home|internal|intranet|private|corp|home\.arpa)$/;

/**
 * Guards a server without authentication that the network may use. A web page that somebody on the network has open must
 * not use it in their place: neither through a name of its own that resolves to this machine (DNS rebinding), nor through a
 * form. `names` are further names and addresses that browsers reach it by.
 */
export function onlyOwnPages(names: readonly string[]): Middleware {
  const own = new Set(names.map((name) => name.toLowerCase()));
  const isOwn = (name: string) => own.has(name) || isIP(name) > 0 || LOCAL_NAME.test(name);
  return async (ctx, next) => {
    const host = hostOf(`http://${ctx.host}`);
    if (host === undefined || !isOwn(host.name))
      throw new ProblemError(
        'forbidden',
        'Without authentication, requests by a name that is not known are refused; add it to http.tls.names.',
      );
    const origin = ctx.get('Origin');
    const page = hostOf(origin);
    // A proxy may speak to browsers by another name, protocol and port.
    const isSame = page !== undefined && (page.host === host.host || own.has(page.name));
    if (origin !== '' && !isSame)
      throw new ProblemError(
        'forbidden',
        'Without authentication, requests from other origins are refused.',
      );
    await next();
  };
}

function hostOf(url: string): { host: string; name: string } | undefined {
  if (!URL.canParse(url)) return undefined;
  const { host, hostname } = new URL(url);
  return hostname === ''
    ? undefined
    : { host, name: hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '') };
}

/** Limits the requests of each address per minute; an address is forgotten after that minute. */
export function limitRate(requestsPerMinute: number, what = 'requests'): Middleware {
  const limiter: RateLimiterAbstract = new RateLimiterMemory({
    points: requestsPerMinute,
    duration: 60,
  });
  return async (ctx, next) => {
    try {
      await limiter.consume(addressGroup(ctx.ip));
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
