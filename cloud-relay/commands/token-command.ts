import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { tokenCommand } from '../../core/http/token-command.js';
import type { TokenTables } from '../../core/http/token-table.js';
import { Tokens } from '../../core/http/tokens.js';
import { systemClock } from '../../core/runtime/clock.js';
import { StartError } from '../../core/runtime/errors.js';
import { silentLogger } from '../../core/runtime/logger.js';
import type { CommandOptions } from '../../core/runtime/program.js';
import type { RelayConfig } from '../config.js';
import { isShared, openRelayDatabase } from '../store/open-relay-database.js';

/** The relay's tokens, in the database that it may be using. */
export async function relayTokenCommand(
  config: RelayConfig,
  options: CommandOptions,
): Promise<string> {
  const file = join(config.dataFolder, 'relay.db');
  if (!isShared(config) && !existsSync(file))
    throw new StartError(`there is no ${file}: start the relay once`);
  const log = silentLogger();
  const { db, close } = await openRelayDatabase<TokenTables>(config, log);
  try {
    const tokens = new Tokens(db, join(config.dataFolder, 'admin-token'), log, systemClock);
    return await tokenCommand(tokens, options);
  } finally {
    await close();
  }
}
