import type { Context, Middleware } from 'koa';
import { z } from 'zod';
import {
  passwordSchema,
  principalKindSchema,
  roleSchema,
  type SessionResource,
  sessionSchema,
} from '../contract/access.js';
import { nameSchema } from '../contract/names.js';
import type { Principal } from '../http/access.js';
import { authenticateIfKnown } from '../http/authentication.js';
import { type Route, route } from '../http/route.js';
import { toIsoString } from '../runtime/clock.js';
import { ProblemError } from '../runtime/errors.js';
import { actorOf } from './actor.js';
import type { AuditLog } from './audit.js';
import type { LogIns } from './log-ins.js';
import { refuseOtherOrigin } from './same-origin.js';
import type { SessionCookie } from './session-cookie.js';
import type { Sessions } from './sessions.js';
import type { SessionRow } from './tables.js';
import type { Users } from './users.js';

export interface SessionRouteParts {
  logIns: LogIns;
  sessions: Sessions;
  users: Users;
  cookie: SessionCookie;
  audit: AuditLog;
}

const tag = 'access';
const ok = { status: z.literal('OK') };
const doneSchema = z.object(ok);
const logInSchema = z.strictObject({ user: z.string().min(1).max(256), password: passwordSchema });
const changeSchema = z.strictObject({ current: passwordSchema, password: passwordSchema });
const endedSchema = z.object({ ...ok, ended: z.int().min(0) });
const callerSchema = z.object({
  ...ok,
  name: z.string(),
  role: roleSchema,
  kind: principalKindSchema,
  cameras: z
    .array(nameSchema)
    .nullable()
    .meta({ description: 'The only cameras that the caller may use; null for all' }),
});

const currentSchema = z.object({ ...ok, caller: callerSchema.nullable() });

/** Login and log-out of people, and their sessions. */
export function sessionRoutes(parts: SessionRouteParts): Route[] {
  return [...ownSessionRoutes(parts), passwordRoute(parts), ...listedSessionRoutes(parts)];
}

function ownSessionRoutes({ logIns, sessions, cookie, audit }: SessionRouteParts): Route[] {
  return [
    route({
      method: 'post',
      path: '/session',
      tag,
      summary: 'Log in: the response sets a cookie',
      access: 'anonymous',
      body: logInSchema,
      responses: { 200: callerSchema },
      problems: ['unauthorized', 'forbidden', 'rate_limited'],
      before: [fromOwnPages],
      handle: async ({ body: { user: name, password } }, ctx) => {
        const origin = { address: ctx.ip, agent: ctx.get('User-Agent') };
        const { secret, user } = await logIns.logIn(name, password, origin);
        cookie.set(ctx, secret);
        noStore(ctx);
        return presentCaller({ name: user.name, role: user.role, kind: 'user' });
      },
    }),
    route({
      method: 'get',
      path: '/session',
      tag,
      summary: 'Who the caller is',
      access: 'viewer',
      scope: 'filtered',
      responses: { 200: callerSchema },
      handle: (_, ctx) => {
        noStore(ctx);
        return presentCaller(callerOf(ctx));
      },
    }),
    route({
      method: 'get',
      path: '/session/current',
      tag,
      summary: 'Who the caller is, if anyone: for pages that everyone may open',
      access: 'anonymous',
      authenticate: authenticateIfKnown,
      responses: { 200: currentSchema },
      handle: (_, ctx) => {
        noStore(ctx);
        const principal = ctx.state.principal as Principal | undefined;
        return { status: 'OK', caller: principal ? presentCaller(principal) : null };
      },
    }),
    route({
      method: 'delete',
      path: '/session',
      tag,
      summary: 'Log out',
      access: 'viewer',
      responses: { 200: doneSchema },
      problems: ['not_found'],
      before: [ofSession],
      handle: async (_, ctx) => {
        const secret = cookie.read(ctx);
        cookie.clear(ctx);
        if (secret) await sessions.endBySecret(secret);
        audit.record({ action: 'log_out', actor: actorOf(ctx) });
        return { status: 'OK' };
      },
    }),
    route({
      method: 'delete',
      path: '/sessions',
      tag,
      summary: 'Log out everywhere: end all sessions of the caller',
      access: 'viewer',
      responses: { 200: endedSchema },
      problems: ['not_found'],
      before: [ofSession],
      handle: async (_, ctx) => {
        const { name } = callerOf(ctx);
        cookie.clear(ctx);
        const ended = await sessions.endAllOf(name);
        const actor = actorOf(ctx);
        audit.record({ action: 'sessions_ended', actor, subject: name, detail: `${ended}` });
        return { status: 'OK', ended };
      },
    }),
  ];
}

const passwordRoute = ({ logIns, users, cookie, audit }: SessionRouteParts): Route =>
  route({
    method: 'put',
    path: '/session/password',
    tag,
    summary: 'Change the password of the caller; all sessions end',
    access: 'viewer',
    body: changeSchema,
    responses: { 200: doneSchema },
    problems: ['not_found', 'password_refused', 'rate_limited'],
    before: [ofSession],
    handle: async ({ body: { current, password } }, ctx) => {
      const { name } = callerOf(ctx);
      await logIns.confirm(name, current, ctx.ip);
      await users.setPassword(name, password, ctx.ip);
      cookie.clear(ctx);
      audit.record({ action: 'user_password_changed', actor: actorOf(ctx), subject: name });
      return { status: 'OK' };
    },
  });

function listedSessionRoutes({ sessions, audit }: SessionRouteParts): Route[] {
  return [
    route({
      method: 'get',
      path: '/sessions',
      tag,
      summary: "List the open sessions: an administrator sees everybody's, others see their own",
      access: 'viewer',
      responses: { 200: z.object({ ...ok, sessions: z.array(sessionSchema) }) },
      handle: async (_, ctx) => {
        const rows = await sessions.list(visibleUser(callerOf(ctx)));
        const { credential } = callerOf(ctx);
        return { status: 'OK', sessions: rows.map((row) => presentSession(row, credential)) };
      },
    }),
    route({
      method: 'delete',
      path: '/sessions/{session}',
      tag,
      summary: "End a session: an administrator ends anybody's, others their own",
      access: 'viewer',
      params: z.object({ session: z.string().max(64) }),
      responses: { 200: doneSchema },
      problems: ['not_found'],
      handle: async ({ params }, ctx) => {
        const user = await sessions.end(params.session, visibleUser(callerOf(ctx)));
        if (user === undefined)
          throw new ProblemError('not_found', 'There is no session with this id.');
        audit.record({ action: 'sessions_ended', actor: actorOf(ctx), subject: user, detail: '1' });
        return { status: 'OK' };
      },
    }),
  ];
}

const callerOf = (ctx: Context): Principal => ctx.state.principal as Principal;

/** Whose sessions a caller may see; undefined for everybody's. A token that is no administrator's has none. */
function visibleUser({ name, kind, role }: Principal): string | undefined {
  if (role === 'admin') return undefined;
  return kind === 'user' ? name : '';
}

const fromOwnPages: Middleware = (ctx, next) => {
  refuseOtherOrigin(ctx);
  return next();
};

const ofSession: Middleware = (ctx, next) => {
  if (callerOf(ctx).kind !== 'user')
    throw new ProblemError('not_found', 'This request does not belong to a session.');
  return next();
};

const noStore = (ctx: Context): void => ctx.set('Cache-Control', 'no-store');

const presentCaller = ({ name, role, kind, cameras }: Principal): z.infer<typeof callerSchema> => ({
  status: 'OK',
  name,
  role,
  kind,
  cameras: cameras ? [...cameras] : null,
});

const presentSession = (row: SessionRow, credential: string | undefined): SessionResource => ({
  id: row.id,
  user: row.user_name,
  startedAt: toIsoString(row.created_at),
  lastUsedAt: toIsoString(row.used_at),
  address: row.address,
  agent: row.agent,
  current: credential === `session:${row.hash}`,
});
