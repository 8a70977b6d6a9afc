import { z } from 'zod';
import { passwordSchema, roleSchema, userNameSchema, userSchema } from '../contract/access.js';
import { type Route, type RouteSpec, route } from '../http/route.js';
import { toIsoString } from '../runtime/clock.js';
import type { Sessions } from './sessions.js';
import type { Users } from './users.js';

const ok = { status: z.literal('OK') };
const doneSchema = z.object(ok);
const byName = z.object({ user: userNameSchema });
const newUserSchema = z.strictObject({
  name: userNameSchema,
  role: roleSchema,
  password: passwordSchema,
});
const newPasswordSchema = z.strictObject({ password: passwordSchema });
const newRoleSchema = z.strictObject({ role: roleSchema });

const common = { tag: 'access', access: 'admin' } satisfies Partial<RouteSpec>;

/** The people who may log in, for administrators. */
export function userRoutes(users: Users, sessions: Sessions): Route[] {
  return [
    route({
      ...common,
      method: 'get',
      path: '/users',
      summary: 'List the users',
      responses: { 200: z.object({ ...ok, users: z.array(userSchema) }) },
      handle: async () => ({ status: 'OK', users: await listed(users, sessions) }),
    }),
    route({
      ...common,
      method: 'post',
      path: '/users',
      summary: 'Add a user',
      audit: 'user_added',
      body: newUserSchema,
      responses: { 201: z.object({ ...ok, name: userNameSchema, role: roleSchema }) },
      problems: ['conflict', 'password_refused', 'rate_limited'],
      handle: async ({ body: { name, role, password } }, ctx) => {
        await users.create(name, role, password, ctx.ip);
        ctx.state.auditSubject = `${name} (${role})`;
        ctx.status = 201;
        return { status: 'OK', name, role };
      },
    }),
    ...changeRoutes(users),
  ];
}

function changeRoutes(users: Users): Route[] {
  return [
    route({
      ...common,
      method: 'put',
      path: '/users/{user}/password',
      summary: 'Replace the password of a user, whose sessions end',
      audit: 'user_password_changed',
      params: byName,
      body: newPasswordSchema,
      responses: { 200: doneSchema },
      problems: ['not_found', 'password_refused', 'rate_limited'],
      handle: async ({ params, body }, ctx) => {
        await users.setPassword(params.user, body.password, ctx.ip);
        return { status: 'OK' };
      },
    }),
    route({
      ...common,
      method: 'put',
      path: '/users/{user}/role',
      summary: 'Change the role of a user, whose sessions end',
      audit: 'user_role_changed',
      params: byName,
      body: newRoleSchema,
      responses: { 200: doneSchema },
      problems: ['not_found', 'last_administrator'],
      handle: async ({ params: { user }, body: { role } }, ctx) => {
        await users.setRole(user, role);
        ctx.state.auditSubject = `${user} (${role})`;
        return { status: 'OK' };
      },
    }),
    route({
      ...common,
      method: 'delete',
      path: '/users/{user}',
      summary: 'Remove a user, whose sessions end',
      audit: 'user_removed',
      params: byName,
      responses: { 200: doneSchema },
      problems: ['not_found', 'last_administrator'],
      handle: async ({ params }) => {
        await users.remove(params.user);
        return { status: 'OK' };
      },
    }),
  ];
}

async function listed(users: Users, sessions: Sessions) {
  const open = await sessions.list();
  return (await users.list()).map(({ name, role, created_at, password_at }) => ({
    name,
    role,
    createdAt: toIsoString(created_at),
    passwordChangedAt: toIsoString(password_at),
    sessions: open.filter(({ user_name }) => user_name === name).length,
  }));
}
