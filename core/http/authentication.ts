import type { Context, Middleware } from 'koa';
import type { AuditAction } from '../contract/access.js';
import { ProblemError } from '../runtime/errors.js';
import { type Access, allows, type Principal } from './access.js';

/** Resolves with the owner of a bearer token, or undefined if the token is unknown. */
export type VerifyToken = (token: string) => Promise<Principal | undefined>;

/** Why a request was refused: its token is unknown, or its caller's role or scope is not enough. */
export type Refusal = 'token' | 'role';

/** What the rest of the program has to do with the callers of its routes. */
export interface CallerHooks {
  /** Called for each refused caller. */
  refused?(ctx: Context, refusal: Refusal): void;
  /** Called after a route has done what it records. */
  done?(ctx: Context, action: AuditAction, subject: string | undefined): void;
  /** Runs what follows, and ends its response when the caller's credential ends. */
  whileValid?(ctx: Context, principal: Principal, next: () => Promise<unknown>): Promise<void>;
}

/**
 * Who may call the routes, and how callers identify themselves. With `none` every caller is an administrator: for
 * loopback, or if the operator allowed anyone on the network.
 */
export type Authentication = CallerHooks & ({ mode: 'none' } | TokenAuthentication);

export interface TokenAuthentication {
  mode: 'token';
  verify: VerifyToken;
  /** The caller of a request without a token: by the cookie of a session, or the headers of a trusted proxy. */
  identify?(ctx: Context): Promise<Principal | undefined>;
  /** The name of the cookie of sessions, for the OpenAPI document. */
  sessionCookie?: string;
}

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
    if (access === 'anonymous') return next();
    const principal = await principalOf(ctx, authentication, verifySecret);
    return admit(ctx, principal, access, authentication, next);
  };
}

/** For a route that anyone may call and that serves known callers differently: nobody is refused. */
export const authenticateIfKnown: Authenticator = (_, authentication) => async (ctx, next) => {
  const principal = await principalOf(ctx, authentication, undefined).catch(ifUnauthorized);
  ctx.remove('WWW-Authenticate');
  if (principal) ctx.state.principal = principal;
  return next();
};

function ifUnauthorized(error: unknown): undefined {
  if (error instanceof ProblemError && error.code === 'unauthorized') return undefined;
  throw error;
}

/** Lets a caller pass who has the role. Throws `forbidden` for others. */
export async function admit(
  ctx: Context,
  principal: Principal,
  access: Access,
  authentication: Authentication,
  next: () => Promise<unknown>,
): Promise<void> {
  ctx.state.principal = principal;
  if (access !== 'anonymous' && !allows(principal, access)) {
    authentication.refused?.(ctx, 'role');
    const needed = principal.kind === 'token' ? 'A token with the role' : 'The role';
    throw new ProblemError('forbidden', `${needed} "${access}" is required.`);
  }
  if (authentication.whileValid) await authentication.whileValid(ctx, principal, next);
  else await next();
}

async function principalOf(
  ctx: Context,
  authentication: Authentication,
  verifySecret: VerifySecret | undefined,
): Promise<Principal> {
  if (authentication.mode === 'none') return { name: 'anyone', role: 'admin', kind: 'anyone' };
  const token = tokenIn(ctx.get('Authorization'), verifySecret !== undefined);
  const principal = token
    ? (verifySecret?.(ctx, token) ?? (await authentication.verify(token)))
    : await authentication.identify?.(ctx);
  if (principal) return principal;
  if (token) authentication.refused?.(ctx, 'token');
  const bearer = token ? 'Bearer error="invalid_token"' : 'Bearer';
  ctx.set('WWW-Authenticate', verifySecret ? [bearer, 'Basic realm="siteglass"'] : bearer);
  throw new ProblemError(
    'unauthorized',
    token
      ? 'The token is unknown.'
      : 'Log in, or send a token in the header "Authorization: Bearer TOKEN".',
  );
}

function tokenIn(authorization: string, isBasicAccepted: boolean): string | undefined {
  const bearer = BEARER.exec(authorization)?.[1];
  const basic = isBasicAccepted ? BASIC.exec(authorization)?.[1] : undefined;
  if (basic === undefined) return bearer;
  // RFC 7617: the user name has no colon.
  return /^[^:]*:(\S{1,512})$/.exec(Buffer.from(basic, 'base64').toString())?.[1];
}
