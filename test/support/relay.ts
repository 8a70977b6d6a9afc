import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { relayConfigSchema } from '../../cloud-relay/config.js';
import { createRelay, type Relay } from '../../cloud-relay/context.js';
import type { Clock } from '../../core/runtime/clock.js';
import { parseConfiguration } from '../../core/runtime/configuration.js';
import { silentLogger } from '../../core/runtime/logger.js';
import { temporaryFolder } from './temporary-folder.js';

export interface RunningRelay extends Relay {
  url: string;
  /** Of the embedded broker. */
  brokerUrl: string;
  dataFolder: string;
  /** Empty where another relay on the same database made it. */
  adminToken: string;
  stop(): Promise<void>;
}

/** A relay as in the field, with its broker inside, on free ports of the loopback address. */
export async function startRelay(
  settings: string[] = [],
  options: { clock?: Clock; manifest?: string } = {},
): Promise<RunningRelay> {
  const dataFolder = await temporaryFolder();
  const config = parseConfiguration(relayConfigSchema, '', 'the test', [
    `dataFolder=${dataFolder}`,
    'http.port=0',
    'mqtt.embedded.port=0',
    'detection.workers=1',
    'images.minFreeMegabytes=0',
    ...settings,
  ]);
  const relay = await createRelay(config, silentLogger(), options);
  await relay.lifecycle.start();
  const tokenFile = join(dataFolder, 'admin-token');
  return {
    ...relay,
    url: relay.http.address.url,
    brokerUrl: relay.broker?.url ?? '',
    dataFolder,
    adminToken: existsSync(tokenFile) ? readFileSync(tokenFile, 'utf8').trim() : '',
    async stop() {
      await relay.lifecycle.stop();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}
