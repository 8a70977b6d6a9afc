import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { relayConfigSchema } from '../cloud-relay/config.js';
import { createRelay } from '../cloud-relay/context.js';
import type { RouteGroup } from '../core/http/openapi.js';
import { parseConfiguration } from '../core/runtime/configuration.js';
import { silentLogger } from '../core/runtime/logger.js';
import { edgeConfigSchema } from '../edge/config.js';
import { createEdge } from '../edge/context.js';

/** The routes of the appliance and of the relay, which are built and not started. */
export async function routesOfBoth(): Promise<[appliance: RouteGroup[], relay: RouteGroup[]]> {
  const folder = await mkdtemp(join(tmpdir(), 'siteglass-routes-'));
  const log = silentLogger();
  const settings = (name: string) => [`dataFolder=${join(folder, name)}`, 'http.port=0'];
  try {
    const edge = await createEdge(
      parseConfiguration(edgeConfigSchema, '', 'the defaults', settings('edge')),
      log,
    );
    const relay = await createRelay(
      parseConfiguration(relayConfigSchema, '', 'the defaults', settings('relay')),
      log,
    );
    return [edge.routes, relay.routes];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
