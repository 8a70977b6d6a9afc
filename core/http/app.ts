import Koa, { type Middleware } from 'koa';
import type { Logger } from '../runtime/logger.js';
import type { Authentication } from './authentication.js';
import { clientFaultOf } from './client-fault.js';
import type { ConnectionShares } from './connection-shares.js';
import { holdResponse } from './hold-response.js';
import type { Metrics } from './metrics.js';
import { type ApiInfo, openApiDocument, type RouteGroup } from './openapi.js';
import { handleProblems } from './problems.js';
import { refuseNul } from './refuse-nul.js';
import { mount } from './route.js';
import { swaggerUi } from './swagger-ui.js';

export interface AppOptions {
  info: ApiInfo;
  groups: RouteGroup[];
  authentication: Authentication;
  metrics: Metrics;
  log: Logger;
  /** Counts what responses hold in memory. */
  connections?: ConnectionShares;
  /** Whether to trust X-Forwarded-For: only behind your own proxy. */
  trustProxy?: boolean;
  /** Run before everything else that can refuse a request. */
  guards?: Middleware[];
  /** For people; without any, the start page is Swagger UI. */
  pages?: Middleware;
}

/** The Koa application of a process: its routes, their OpenAPI document, and Swagger UI. */
export function createApp(options: AppOptions): Koa {
  const { info, groups, authentication, metrics, log, connections, guards = [] } = options;
  // Only the last address in X-Forwarded-For comes from the proxy; the client can write the others.
  const app = new Koa({ proxy: options.trustProxy ?? false, maxIpsCount: 1 });
  // As bytes: all responses share them.
  const cookie = authentication.mode === 'token' ? authentication.sessionCookie : undefined;
  const document = Buffer.from(JSON.stringify(openApiDocument(info, groups, cookie)));

  app.use(securityHeaders);
  app.use(metrics.requests());
  app.use(handleProblems(log));
  app.use(errorForms(groups));
  app.use(refuseNul);
  for (const guard of guards) app.use(guard);
  if (connections) app.use(holdResponse(connections));
  app.use(swaggerUi(info.title, '/openapi.json'));
  if (options.pages) app.use(options.pages);
  app.use((ctx, next) => {
    if (ctx.path === '/') return ctx.redirect('/docs');
    if (ctx.path !== '/openapi.json') return next();
    ctx.type = 'application/json';
    ctx.body = document;
    return undefined;
  });
  for (const { prefix, routes, errors } of groups) {
    const router = mount(routes, prefix, authentication, errors?.write);
    app.use(router.routes());
    app.use(router.allowedMethods());
  }
  // A broken client connection is not a bug, and the client's bytes must not be logged.
  app.on('error', (err: NodeJS.ErrnoException) => {
    const code = clientFaultOf(err);
    if (code) log.debug({ code }, 'client connection broken');
    else log.error({ err }, 'response incomplete');
  });
  return app;
}

/** Sets the form of the errors of paths that no route has. */
function errorForms(groups: RouteGroup[]): Middleware {
  const forms = groups.flatMap(({ errors }) => errors ?? []);
  return (ctx, next) => {
    const form = forms.find(({ below }) => ctx.path.startsWith(below));
    if (form) ctx.state.writeProblem = form.write;
    return next();
  };
}

const securityHeaders: Middleware = (ctx, next) => {
  ctx.set('X-Content-Type-Options', 'nosniff');
  ctx.set('X-Frame-Options', 'DENY');
  ctx.set('Referrer-Policy', 'no-referrer');
  return next();
};
