import type { Context, Middleware } from 'koa';
import { ProblemError } from '../runtime/errors.js';
import { type Access, allows, type Principal } from './access.js';

/** Resolves with the owner of a bearer token, or undefined if the token is unknown. */
export type VerifyToken = (token: string) => Promise<Principal | undefined>;

/** With `none` every caller is an administrator: for loopback, or if the operator allowed anyone on the network. */
export type Authentication = { mode: 'none' } | { mode: 'token'; verify: VerifyToken };

const BEARER = /^Bearer +(\S{1,512})$/i;

/** Accepts only requests with the role in `access`, and stores the caller in `ctx.state.principal`. */
export function authenticate(access: Access, authentication: Authentication): Middleware {
  return async (ctx, next) => {
    if (access !== 'anonymous') {
      const principal = await principalOf(ctx, authentication);
      if (!allows(principal, access))
        throw new ProblemError('forbidden', `A token with the role "${access}" is required.`);
      ctx.state.principal = principal;
    }
    await next();
  };
}

async function principalOf(ctx: Context, authentication: Authentication): Promise<Principal> {
  if (authentication.mode === 'none') return { name: 'anyone', role: 'admin' };
  const token = BEARER.exec(ctx.get('Authorization'))?.[1];
  const principal = token ? await authentication.verify(token) : undefined;
  if (principal) return principal;
  ctx.set('WWW-Authenticate', token ? 'Bearer error="invalid_token"' : 'Bearer');
  throw new ProblemError(
    'unauthorized',
    token ? 'The token is unknown.' : 'Send a token in the header "Authorization: Bearer TOKEN".',
  );
}
