import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Context, Middleware } from 'koa';
import { SharedFiles } from './shared-files.js';

/** Nothing inline, and nothing from elsewhere. Pictures may be made in the browser: previews, and frames of a camera. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** The build names these after their contents. */
const ASSETS = '/assets/';
const FOR_EVER = 'public, max-age=31536000, immutable';

/** Compressed by the build, in the order of preference. */
const ENCODINGS = [
  { name: 'br', suffix: '.br' },
  { name: 'gzip', suffix: '.gz' },
];

export interface StaticPagesOptions {
  /** What the build made of `console/`. */
  folder: string;
  /** The pages by the first part of their paths, '' for `/`: each is a file of the folder, and reads the rest itself. */
  views: Record<string, string>;
  /** Lines for the head of a page that only the configuration knows, by its file. */
  head?: Record<string, string>;
}

/**
 * Serves pages and the files that they need. Without the folder there are none, and requests go on to what follows.
 * The files are listed once: a path never reaches the file system.
 */
export function staticPages({ folder, views, head = {} }: StaticPagesOptions): Middleware {
  const files = listFiles(folder);
  const contents = new SharedFiles();
  const send = async (ctx: Context, file: string): Promise<void> => {
    const added = head[file];
    // Its compressed form lacks what is added, and a page is small.
    const encoding =
      added === undefined
        ? ENCODINGS.find(
            ({ name, suffix }) => files.has(`${file}${suffix}`) && ctx.acceptsEncodings(name),
          )
        : undefined;
    ctx.vary('Accept-Encoding');
    if (encoding) ctx.set('Content-Encoding', encoding.name);
    ctx.set('Content-Security-Policy', POLICY);
    ctx.set('Cache-Control', file.startsWith(ASSETS.slice(1)) ? FOR_EVER : 'no-cache');
    ctx.type = /\.[^.]+$/.exec(file)?.[0] ?? '';
    const content = await contents.read(join(folder, `${file}${encoding?.suffix ?? ''}`));
    ctx.body = added === undefined ? content : withHead(content.toString(), added);
  };
  return (ctx, next) => {
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return next();
    const path = ctx.path.slice(1);
    if (files.has(path) && !path.endsWith('.html')) return send(ctx, path);
    const [view = ''] = path.split('/');
    // "//x" has an empty first part, too.
    if (view === '' && path !== '') return next();
    const page = Object.hasOwn(views, view) ? views[view] : undefined;
    return page !== undefined && files.has(page) ? send(ctx, page) : next();
  };
}

const withHead = (page: string, lines: string): string =>
  page.replace('</head>', () => `${lines}</head>`);

function listFiles(folder: string): Set<string> {
  if (!existsSync(folder)) return new Set();
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
  return new Set(names);
}
