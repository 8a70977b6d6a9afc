import { readFile } from 'node:fs/promises';
import type { Context, Middleware } from 'koa';
import { iconSvg, pageCss, pageHtml } from './page/page.js';
import type { Setup } from './setup.js';

/** Nothing inline, and nothing from elsewhere. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const SCRIPT = new URL('./page/script.js', import.meta.url);

const FILES: Record<string, { type: string; content: () => string | Promise<string> }> = {
  '/setup/page.css': { type: 'text/css', content: () => pageCss },
  '/setup/icon.svg': { type: 'image/svg+xml', content: () => iconSvg },
  '/setup/page.js': { type: 'text/javascript', content: () => readFile(SCRIPT, 'utf8') },
};

/** The page of the first run at /setup; the start page leads there. When the appliance is set up, there is no such page. */
export const setupPage =
  (setup: Setup): Middleware =>
  async (ctx, next) => {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return next();
    const file = Object.hasOwn(FILES, ctx.path) ? FILES[ctx.path] : undefined;
    if (!setup.isPending && (file || ctx.path === '/setup')) return ctx.redirect('/');
    if (setup.isPending && ctx.path === '/') return ctx.redirect('/setup');
    if (file) return send(ctx, file.type, await file.content());
    return ctx.path === '/setup' ? send(ctx, 'text/html', pageHtml) : next();
  };

function send(ctx: Context, type: string, content: string): void {
  ctx.set('Content-Security-Policy', POLICY);
  ctx.set('Cache-Control', 'no-store');
  ctx.type = type;
  ctx.body = content;
}
