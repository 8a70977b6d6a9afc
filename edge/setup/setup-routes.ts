import type { Middleware } from 'koa';
import { type Route, route } from '../../core/http/route.js';
import type { Setup } from './setup.js';
import { setupDoneSchema, setupRequestSchema, setupStateSchema } from './setup-contract.js';

const common = {
  path: '/setup',
  tag: 'setup',
  access: 'anonymous',
  headers: { 'Setup-Code': 'The code that the log of the service shows at its start' },
} as const;

/** The first run. Without a login, since there is none yet: the code stands for it. */
export const setupRoutes = (setup: Setup): Route[] => [
  route({
    ...common,
    method: 'get',
    summary: 'What the set-up can decide, and what the configuration has already',
    responses: { 200: setupStateSchema },
    problems: ['unauthorized', 'not_found', 'rate_limited'],
    before: [authorize(setup)],
    handle: () => setup.state(),
  }),
  route({
    ...common,
    method: 'post',
    summary:
      'Set the appliance up: site, administrator, network and relay; its services then restart',
    body: setupRequestSchema,
    responses: { 200: setupDoneSchema },
    problems: ['unauthorized', 'not_found', 'password_refused', 'rate_limited'],
    before: [authorize(setup)],
    handle: ({ body }, ctx) => setup.complete(body, ctx.ip),
  }),
];

const authorize =
  (setup: Setup): Middleware =>
  async (ctx, next) => {
    ctx.set('Cache-Control', 'no-store');
    await setup.authorize(ctx.get('Setup-Code'), ctx.ip);
    await next();
  };
