import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Context, Middleware, Next } from 'koa';
import { SharedFiles } from './shared-files.js';

/** Files of swagger-ui-dist by the names that the template of koa2-swagger-ui requests. */
const FILES = new Map(
  Object.entries({
    'swagger-ui.min.css': { file: 'swagger-ui.css', type: 'text/css' },
    'swagger-ui-bundle.js': { file: 'swagger-ui-bundle.js', type: 'text/javascript' },
    'swagger-ui-standalone-preset.js': {
      file: 'swagger-ui-standalone-preset.js',
      type: 'text/javascript',
    },
    'favicon-32x32.png': { file: 'favicon-32x32.png', type: 'image/png' },
  }),
);
const ASSETS = '/docs/assets/';

/**
 * Swagger UI at /docs from local files, because a site often has no internet access. The page is rendered on the first
 * request, so that the template engine uses no memory before.
 */
export function swaggerUi(title: string, specUrl: string): Middleware {
  const files = new SharedFiles();
  let page: Promise<Middleware> | undefined;
  return async (ctx, next) => {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return next();
    if (ctx.path.startsWith(ASSETS)) return sendAsset(ctx, files, next);
    if (ctx.path !== '/docs') return next();
    page ??= makePage(title, specUrl);
    await (await page)(ctx, next);
    // The template loads a font from Google; the page must load nothing from the internet.
    ctx.body = String(ctx.body).replace(/<link href="https:\/\/fonts[^>]*>/, '');
    ctx.set(
      'Content-Security-Policy',
      "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:",
    );
    return undefined;
  };
}

async function makePage(title: string, url: string): Promise<Middleware> {
  const { koaSwagger } = await import('koa2-swagger-ui');
  return koaSwagger({
    title,
    routePrefix: '/docs',
    hideTopbar: true,
    swaggerVersion: 'assets',
    swaggerCdnUrl: '/docs',
    favicon: `${ASSETS}favicon-32x32.png`,
    swaggerOptions: {
      url,
      deepLinking: true,
      displayRequestDuration: true,
      tryItOutEnabled: true,
      // The token is kept over reloads of the page, in the browser's storage.
      persistAuthorization: true,
      // By default a server on the internet validates the document.
      validatorUrl: null,
    },
  }) as unknown as Middleware;
}

async function sendAsset(ctx: Context, files: SharedFiles, next: Next): Promise<void> {
  const asset = FILES.get(ctx.path.slice(ASSETS.length));
  if (!asset) return next();
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  ctx.set('Cache-Control', 'public, max-age=86400');
  ctx.type = asset.type;
  ctx.body = await files.read(join(folder, asset.file));
}
