import type { Context, Middleware } from 'koa';
import type { Authentication, CallerHooks, Refusal } from '../http/authentication.js';
import { type IsProxy, noProxies } from '../http/client-address.js';
import type { Route } from '../http/route.js';
import type { Clock } from '../runtime/clock.js';
import type { ClockEras } from '../runtime/clock-eras.js';
import type { Service } from '../runtime/lifecycle.js';
import type { Logger } from '../runtime/logger.js';
import type { SignOnSettings } from '../runtime/settings.js';
import { actorOf } from './actor.js';
import { Audit } from './audit.js';
import { auditRoutes } from './audit-routes.js';
import { LogIns } from './log-ins.js';
import { OpenResponses } from './open-responses.js';
import { PasswordHasher } from './password-hash.js';
import { requireSameOrigin } from './same-origin.js';
import { SessionCookie } from './session-cookie.js';
import { sessionRoutes } from './session-routes.js';
import { type SessionLimits, Sessions } from './sessions.js';
import { SignOn } from './sign-on.js';
import type { AccessDb } from './tables.js';
import { tokenRoutes } from './token-routes.js';
import { Tokens } from './tokens.js';
import { userRoutes } from './user-routes.js';
import { Users } from './users.js';

export interface AccessOptions {
  db: AccessDb;
  /** `none` if every caller is an administrator. */
  mode: 'token' | 'none';
  sessions: SessionLimits;
  /** Single sign-on by a proxy. */
  signOn?: SignOnSettings | undefined;
  /** The program's name: those of two programs on one host do not overwrite each other's cookies. */
  cookieName: string;
  firstTokenFile: string;
  configuredToken?: string | undefined;
  /** Words that no password may contain, e.g. the name of the site. */
  names: readonly string[];
  /** Whether a token can be limited to cameras. */
  hasCameras: boolean;
  log: Logger;
  clock: Clock;
  eras: ClockEras;
}

/** Who may use the program: users with sessions, tokens, and the record of what they did. */
export interface AccessModule {
  tokens: Tokens;
  users: Users;
  sessions: Sessions;
  audit: Audit;
  logIns: LogIns;
  cookie: SessionCookie;
  authentication: Authentication;
  /** Run before everything else. */
  guards: Middleware[];
  /** Whether an address is that of a proxy for single sign-on. */
  isProxy: IsProxy;
  /** Below the prefix of the API. */
  routes: Route[];
  /** In the order of their start. */
  services: Service[];
}

export function createAccess(options: AccessOptions): AccessModule {
  const { db, clock, eras, names, hasCameras } = options;
  const log = options.log.child({ component: 'access' });
  const audit = new Audit({ db, log, clock, eras });
  const responses: OpenResponses = new OpenResponses((credential) => isLive(credential), log);
  const tokens = new Tokens({
    db,
    firstTokenFile: options.firstTokenFile,
    log: options.log,
    clock,
    eras,
    configured: options.configuredToken,
    onEnded: (hash) => responses.end(`token:${hash}`),
  });
  const onEnded = (hashes: string[]) => {
    for (const hash of hashes) responses.end(`session:${hash}`);
  };
  const sessions = new Sessions({
    db,
    limits: options.sessions,
    eras,
    onEnded,
    log,
    clock,
  });
  const isLive = (credential: string) => {
    const [kind, hash = ''] = credential.split(':');
    return kind === 'session' ? sessions.isLive(hash) : tokens.isLive(hash);
  };
  const users = new Users({ db, hasher: new PasswordHasher(), clock, names, onEnded });
  const logIns = new LogIns({ users, sessions, audit });
  const cookie = new SessionCookie(options.cookieName, options.sessions.absoluteMs);
  const signOn = options.signOn && new SignOn(options.signOn, audit);
  const parts = { tokens, sessions, cookie, audit, responses, signOn };
  return {
    ...{ tokens, users, sessions, audit, logIns, cookie },
    authentication: authenticationOf(options.mode, parts),
    guards: signOn ? [signOn.forwarded] : [],
    isProxy: signOn?.isProxy ?? noProxies,
    routes: [
      ...sessionRoutes({ logIns, sessions, users, cookie, audit }),
      ...userRoutes(users, sessions),
      ...tokenRoutes(tokens, hasCameras),
      ...auditRoutes(audit),
    ],
    services: [audit, tokens, responses],
  };
}

interface Parts extends Pick<AccessModule, 'tokens' | 'sessions' | 'cookie' | 'audit'> {
  responses: OpenResponses;
  signOn: SignOn | undefined;
}

function authenticationOf(mode: AccessOptions['mode'], parts: Parts): Authentication {
  const { tokens, sessions, cookie, audit, responses, signOn } = parts;
  const hooks: CallerHooks = {
    refused: (ctx, refusal) => recordRefusal(audit, ctx, refusal),
    done: (ctx, action, subject) => audit.record({ action, actor: actorOf(ctx), subject }),
    whileValid: responses.whileValid.bind(responses),
  };
  if (mode === 'none') return { mode, ...hooks };
  return {
    mode,
    ...hooks,
    verify: (token) => tokens.verify(token),
    sessionCookie: cookie.name,
    identify: async (ctx) => {
      const secret = cookie.read(ctx);
      const caller =
        signOn?.identify(ctx) ?? (secret === undefined ? undefined : await sessions.verify(secret));
      if (caller) requireSameOrigin(ctx);
      return caller;
    },
  };
}

function recordRefusal(audit: Audit, ctx: Context, refusal: Refusal): void {
  const subject = `${ctx.method} ${ctx.state.loggedPath ?? ctx.path}`;
  if (refusal === 'role') audit.record({ action: 'role_refused', actor: actorOf(ctx), subject });
  else {
    const actor = { name: '(unknown)', kind: 'token', address: ctx.ip } as const;
    audit.record({ action: 'token_refused', actor, subject });
  }
}
