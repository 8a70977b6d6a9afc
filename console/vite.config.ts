import { join } from 'node:path';
import { defineConfig } from 'vite';
import { compressed } from './compress.ts';

/** The pages of each program. */
const PAGES = { edge: ['index.html'], relay: ['index.html', 'fleet.html'] };

/**
 * `vite build --mode edge` (or `relay`) writes the pages of a program to `dist/console/`; `vite --mode edge` serves them
 * with reload, and asks the program at SITEGLASS_URL (by default http://127.0.0.1:3080) for the rest.
 */
// biome-ignore lint/style/noDefaultExport: Vite reads its settings from there.
export default defineConfig(({ mode }) => {
  const program = mode === 'relay' ? 'relay' : 'edge';
  const root = join(import.meta.dirname, program);
  const target = process.env.SITEGLASS_URL ?? 'http://127.0.0.1:3080';
  return {
    root,
    publicDir: join(import.meta.dirname, program, 'public'),
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir: join(import.meta.dirname, '..', 'dist', 'console', program),
      emptyOutDir: true,
      target: 'es2022',
      // A picture as part of a style sheet would have to be allowed by the content security policy.
      assetsInlineLimit: 0,
      // Vite's own loader of modules is a script in the page, which the policy forbids.
      modulePreload: { polyfill: false },
      rolldownOptions: {
        checks: { pluginTimings: false },
        input: PAGES[program].map((page) => join(root, page)),
      },
    },
    plugins: [compressed()],
    server: { proxy: { '^/(api|docs|openapi.json|setup)': { target, changeOrigin: true } } },
  };
});
