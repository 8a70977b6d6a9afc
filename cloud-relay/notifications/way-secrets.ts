import { join } from 'node:path';
import {
  FileKeeper,
  SealedKeeper,
  type SecretKeeper,
} from '../../core/notifications/secret-keeper.js';
import { readSecret } from '../../core/runtime/configuration.js';
import type { RelayConfig } from '../config.js';
import { isShared } from '../store/open-relay-database.js';

/** The folder in the data folder with the secrets of ways. With the name of the database before it, it is in no backup. */
export const WAY_SECRETS = 'relay.db.way-secrets';

/** Files beside SQLite. Relays that share a database have no folder in common: there they are encrypted. */
export function createSecretKeeper(config: RelayConfig): SecretKeeper {
  if (!isShared(config)) return new FileKeeper(join(config.dataFolder, WAY_SECRETS));
  const { secretKey } = config.database;
  return new SealedKeeper(secretKey && readSecret(secretKey));
}
