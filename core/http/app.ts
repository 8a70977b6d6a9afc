import Koa, { type Middleware } from 'koa';
import type { Logger } from '../runtime/logger.js';
import type { Authentication } from './authentication.js';
import { clientFaultOf } from './client-fault.js';
import type { Metrics } from './metrics.js';
import { type ApiInfo, openApiDocument, type RouteGroup } from './openapi.js';
import { handleProblems } from './problems.js';
import { mount } from './route.js';
import { swaggerUi } from './swagger-ui.js';

export interface AppOptions {
  info: ApiInfo;
  groups: RouteGroup[];
  authentication: Authentication;
  metrics: Metrics;
  log: Logger;
  /** Whether X-Forwarded-For is to be believed: only behind a proxy of one's own. */
  trustProxy?: boolean;
  /** Run before everything else that can refuse a request. */
  guards?: Middleware[];
}

/** The Koa application of a process: its routes, the document that describes them, and the page to try them on. */
export function createApp(options: AppOptions): Koa {
  const { info, groups, authentication, metrics, log, guards = [] } = options;
  // Of X-Forwarded-For only the last address is the proxy's word; those before it are what the client wrote.
  const app = new Koa({ proxy: options.trustProxy ?? false, maxIpsCount: 1 });
  const document = JSON.stringify(openApiDocument(info, groups));

  app.use(securityHeaders);
  app.use(metrics.requests());
  app.use(handleProblems(log));
  for (const guard of guards) app.use(guard);
  app.use(swaggerUi(info.title, '/openapi.json'));
  app.use(async (ctx, next) => {
    if (ctx.path === '/') return ctx.redirect('/docs');
    if (ctx.path !== '/openapi.json') return next();
    ctx.type = 'application/json';
    ctx.body = document;
  });
  for (const { prefix, routes, errors } of groups) {
    const router = mount(routes, prefix, authentication, errors?.write);
    app.use(router.routes());
    app.use(router.allowedMethods());
  }
  // What a client does with its connection is no fault of ours, and its bytes are not for the log.
  app.on('error', (err: NodeJS.ErrnoException) => {
    const code = clientFaultOf(err);
    if (code) log.debug({ code }, 'a connection broke');
    else log.error({ err }, 'an answer was cut short');
  });
  return app;
}

const securityHeaders: Middleware = async (ctx, next) => {
  ctx.set('X-Content-Type-Options', 'nosniff');
  ctx.set('X-Frame-Options', 'DENY');
  ctx.set('Referrer-Policy', 'no-referrer');
  await next();
};
