import { join } from 'node:path';
import type { Middleware } from 'koa';
import { projectRoot } from '../runtime/project-root.js';
import { staticPages } from './static-pages.js';

/** The pages that the build made for a program; see `staticPages`. */
export const consolePages = (
  program: 'edge' | 'relay',
  views: Record<string, string>,
  head: Record<string, string> = {},
): Middleware =>
  staticPages({ folder: join(projectRoot(), 'dist', 'console', program), views, head });
