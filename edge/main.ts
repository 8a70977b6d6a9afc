#!/usr/bin/env -S node --max-semi-space-size=4
import { run } from '../core/runtime/program.js';
import { edgeConfigSchema } from './config.js';
import { createEdge } from './context.js';

process.exitCode = await run({
  name: 'siteglass-edge',
  summary: 'The appliance: looks at cameras, finds objects, and reports what it found.',
  schema: edgeConfigSchema,
  create: async (config, log) => (await createEdge(config, log)).lifecycle,
});
