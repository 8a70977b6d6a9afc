import type { Context, Middleware } from 'koa';
import { ProblemError } from '../runtime/errors.js';
import { type Access, allows, type Principal } from './access.js';

/** Who a bearer token belongs to; undefined for nobody. */
export type VerifyToken = (token: string) => Promise<Principal | undefined>;

/** `none` takes every caller for an administrator: for a loopback demo, or said twice in the configuration. */
export type Authentication = { mode: 'none' } | { mode: 'token'; verify: VerifyToken };

const BEARER = /^Bearer +(\S{1,512})$/i;

/** Lets a request pass only with what `access` asks for, and notes who it is in `ctx.state.principal`. */
export function authenticate(access: Access, authentication: Authentication): Middleware {
  return async (ctx, next) => {
    if (access !== 'anonymous') {
      const principal = await principalOf(ctx, authentication);
      if (!allows(principal, access))
        throw new ProblemError('forbidden', `This needs a token with the role "${access}".`);
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
    token
      ? 'The token is not known here.'
      : 'Send a token in the header "Authorization: Bearer TOKEN".',
  );
}
