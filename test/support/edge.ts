import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../core/runtime/clock.js';
import { loadConfiguration } from '../../core/runtime/configuration.js';
import { silentLogger } from '../../core/runtime/logger.js';
import { edgeConfigSchema } from '../../edge/config.js';
import { createEdge, type Edge, type EdgeOverrides } from '../../edge/context.js';
import { temporaryFolder } from './temporary-folder.js';

export interface RunningEdge extends Edge {
  url: string;
  dataFolder: string;
  adminToken: string;
  stop(): Promise<void>;
}

/** An appliance as in the field, on a free port of the loopback address, with a data folder of its own. */
export async function startEdge(
  settings: string[] = [],
  options: {
    dataFolder?: string;
    configFile?: string;
    clock?: Clock;
    manifest?: string;
    upgrades?: EdgeOverrides['upgrades'];
  } = {},
): Promise<RunningEdge> {
  const dataFolder = options.dataFolder ?? (await temporaryFolder());
  const read = () =>
    loadConfiguration(edgeConfigSchema, options.configFile, [
      `dataFolder=${dataFolder}`,
      'http.port=0',
      'detection.workers=1',
      'images.minFreeMegabytes=0',
      ...settings,
    ]);
  const edge = await createEdge(read(), silentLogger(), {
    reread: read,
    manifest: options.manifest,
    ...(options.clock && { clock: options.clock }),
    ...(options.upgrades && { upgrades: options.upgrades }),
  });
  await edge.lifecycle.start();
  return {
    ...edge,
    url: edge.http.address.url,
    dataFolder,
    adminToken: readFileSync(join(dataFolder, 'admin-token'), 'utf8').trim(),
    async stop() {
      await edge.lifecycle.stop();
      if (!options.dataFolder) await rm(dataFolder, { recursive: true, force: true });
    },
  };
}
