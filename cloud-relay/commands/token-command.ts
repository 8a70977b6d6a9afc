import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { tokenCommand } from '../../core/http/token-command.js';
import type { TokenTables } from '../../core/http/token-table.js';
import { Tokens } from '../../core/http/tokens.js';
import { systemClock } from '../../core/runtime/clock.js';
import type { CommandOptions } from '../../core/runtime/command-line.js';
import { messageOf, StartError } from '../../core/runtime/errors.js';
import { silentLogger } from '../../core/runtime/logger.js';
import { isDamage, namingDamage } from '../../core/store/damage.js';
import { type OpenedDatabase, openSqlite } from '../../core/store/database.js';
import { kyselyOver } from '../../core/store/dialect.js';
import { openPostgres } from '../../core/store/open-postgres.js';
import type { RelayConfig } from '../config.js';
import { databaseUrl } from '../store/open-relay-database.js';

/** Manages the relay's tokens in its database, also while it runs. The schema is not changed. */
export async function relayTokenCommand(
  config: RelayConfig,
  options: CommandOptions,
): Promise<string> {
  const database = join(config.dataFolder, 'relay.db');
  return namingDamage(database, 'siteglass-relay', () => runOver(config, options));
}

async function runOver(config: RelayConfig, options: CommandOptions): Promise<string> {
  const { db, close } = connect(config);
  const file = join(config.dataFolder, 'admin-token');
  try {
    return await tokenCommand(new Tokens(db, file, silentLogger(), systemClock), options);
  } catch (error) {
    if (error instanceof StartError || isDamage(error)) throw error;
    throw new StartError(`the relay's database cannot be used: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    await close();
  }
}

function connect(config: RelayConfig): OpenedDatabase<TokenTables> {
  const url = databaseUrl(config);
  if (url !== undefined) return openPostgres(url, () => undefined);
  const file = join(config.dataFolder, 'relay.db');
  if (!existsSync(file))
    throw new StartError(`${file} does not exist; start the relay once, which creates it`);
  const db = kyselyOver<TokenTables>(openSqlite(file));
  return { db, close: () => db.destroy() };
}
