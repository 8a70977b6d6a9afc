import { z } from 'zod';
import { roleSchema, tokenSchema } from '../contract/access.js';
import { nameSchema } from '../contract/names.js';
import { type Route, type RouteSpec, route } from '../http/route.js';
import { toIsoString, toIsoStringOrNull } from '../runtime/clock.js';
import { ProblemError } from '../runtime/errors.js';
import { camerasIn, MAX_SCOPE, type Tokens } from './tokens.js';

const DAY_MS = 86_400_000;
const ok = { status: z.literal('OK') };
/** Tokens of older versions may have other names. */
const byName = z.object({ token: z.string().max(128) });
const newTokenSchema = z.strictObject({
  name: nameSchema,
  role: roleSchema,
  expiresInDays: z
    .number()
    .positive()
    .max(36_500)
    .optional()
    .meta({ description: 'Without it the token does not expire' }),
});
const camerasField = z
  .array(nameSchema)
  .min(1)
  .max(MAX_SCOPE)
  .optional()
  .meta({ description: 'The token is good for these cameras alone' });
const createdSchema = z.object({
  ...ok,
  name: z.string(),
  token: z.string().meta({ description: 'Shown only once' }),
});

const common = { tag: 'access', access: 'admin' } satisfies Partial<RouteSpec>;

/** The tokens of programs, for administrators. Only a program with cameras can limit a token to some of them. */
export function tokenRoutes(tokens: Tokens, hasCameras: boolean): Route[] {
  const body = hasCameras ? newTokenSchema.extend({ cameras: camerasField }) : newTokenSchema;
  return [
    route({
      ...common,
      method: 'get',
      path: '/tokens',
      summary: 'List the tokens',
      responses: { 200: z.object({ ...ok, tokens: z.array(tokenSchema) }) },
      handle: async () => ({ status: 'OK', tokens: await listed(tokens) }),
    }),
    route({
      ...common,
      method: 'post',
      path: '/tokens',
      summary: 'Add a token for a program',
      audit: 'token_added',
      body,
      responses: { 201: createdSchema },
      problems: ['conflict'],
      handle: async ({ body: { name, role, expiresInDays, ...scope } }, ctx) => {
        const token = await tokens.create(name, role, {
          ...scope,
          lifetimeMs: expiresInDays === undefined ? undefined : expiresInDays * DAY_MS,
        });
        ctx.state.auditSubject = `${name} (${role})`;
        ctx.status = 201;
        return { status: 'OK', name, token };
      },
    }),
    route({
      ...common,
      method: 'delete',
      path: '/tokens/{token}',
      summary: 'Remove a token, which stops working at once',
      audit: 'token_removed',
      params: byName,
      responses: { 200: z.object(ok) },
      problems: ['not_found', 'last_administrator'],
      handle: async ({ params }) => {
        if (!(await tokens.remove(params.token)))
          throw new ProblemError('not_found', 'There is no token with this name.');
        return { status: 'OK' };
      },
    }),
  ];
}

const listed = async (tokens: Tokens) =>
  (await tokens.list()).map(({ name, role, cameras, ...at }) => ({
    name,
    role,
    cameras: cameras === null ? null : camerasIn(cameras),
    createdAt: toIsoString(at.created_at),
    expiresAt: toIsoStringOrNull(at.expires_at),
    lastUsedAt: toIsoStringOrNull(at.last_used_at),
  }));
