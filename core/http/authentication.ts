import type { Context, Middleware } from 'koa';
import { ProblemError } from '../runtime/errors.js';
import { type Access, allows, type Principal } from './access.js';

/** Resolves with the owner of a bearer token, or undefined if the token is unknown. */
export type VerifyToken = (token: string) => Promise<Principal | undefined>;

/** With `none` every caller is an administrator: for loopback, or if the operator allowed anyone on the network. */
export type Authentication = { mode: 'none' } | { mode: 'token'; verify: VerifyToken };

/** Makes the middleware that accepts only callers with the role in `access`, and stores them in `ctx.state.principal`. */
export type Authenticator = (access: Access, authentication: Authentication) => Middleware;

/** Who a secret belongs to that is good for one request of a route alone; undefined for nobody. */
export type VerifySecret = (ctx: Context, secret: string) => Principal | undefined;

const BEARER = /^Bearer +(\S{1,512})$/i;
const BASIC = /^Basic +([\w+/=-]{1,1024})$/i;

/**
 * Accepts only requests with the role in `access`, and stores the caller in `ctx.state.principal`. With `verifySecret`
 * the route is for devices: they may also send such a secret, and a token or secret as the password of basic
 * authentication, with any user name. Elsewhere basic is not accepted, so that no browser ever asks for it and repeats it.
 */
export function authenticate(
  access: Access,
  authentication: Authentication,
  verifySecret?: VerifySecret,
): Middleware {
  return async (ctx, next) => {
    if (access !== 'anonymous') {
      const principal = await principalOf(ctx, authentication, verifySecret);
      if (!allows(principal, access))
        throw new ProblemError('forbidden', `A token with the role "${access}" is required.`);
      ctx.state.principal = principal;
    }
    await next();
  };
}

async function principalOf(
  ctx: Context,
  authentication: Authentication,
  verifySecret: VerifySecret | undefined,
): Promise<Principal> {
  if (authentication.mode === 'none') return { name: 'anyone', role: 'admin' };
  const token = tokenIn(ctx.get('Authorization'), verifySecret !== undefined);
  const principal = token
    ? (verifySecret?.(ctx, token) ?? (await authentication.verify(token)))
    : undefined;
  if (principal) return principal;
  const bearer = token ? 'Bearer error="invalid_token"' : 'Bearer';
  ctx.set('WWW-Authenticate', verifySecret ? [bearer, 'Basic realm="siteglass"'] : bearer);
  throw new ProblemError(
    'unauthorized',
    token ? 'The token is unknown.' : 'Send a token in the header "Authorization: Bearer TOKEN".',
  );
}

function tokenIn(authorization: string, isBasicAccepted: boolean): string | undefined {
  const bearer = BEARER.exec(authorization)?.[1];
  const basic = isBasicAccepted ? BASIC.exec(authorization)?.[1] : undefined;
  if (basic === undefined) return bearer;
  // RFC 7617: the user name has no colon.
  return /^[^:]*:(\S{1,512})$/.exec(Buffer.from(basic, 'base64').toString())?.[1];
}
