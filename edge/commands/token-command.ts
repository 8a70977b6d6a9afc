import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { tokenCommand } from '../../core/http/token-command.js';
import type { TokenTables } from '../../core/http/token-table.js';
import { Tokens } from '../../core/http/tokens.js';
import { systemClock } from '../../core/runtime/clock.js';
import type { CommandOptions } from '../../core/runtime/command-line.js';
import { StartError } from '../../core/runtime/errors.js';
import { silentLogger } from '../../core/runtime/logger.js';
import { namingDamage } from '../../core/store/damage.js';
import { openSqlite } from '../../core/store/database.js';
import { kyselyOver } from '../../core/store/dialect.js';
import type { EdgeConfig } from '../config.js';

/** Manages the appliance's tokens in its database, also while it runs. */
export async function edgeTokenCommand(
  { dataFolder }: EdgeConfig,
  options: CommandOptions,
): Promise<string> {
  const file = join(dataFolder, 'edge.db');
  if (!existsSync(file))
    throw new StartError(`${file} does not exist: start the appliance once to create it`);
  return namingDamage(file, 'siteglass-edge', async () => {
    const db = kyselyOver<TokenTables>(openSqlite(file));
    try {
      const tokens = new Tokens(db, join(dataFolder, 'admin-token'), silentLogger(), systemClock);
      return await tokenCommand(tokens, options);
    } finally {
      await db.destroy();
    }
  });
}
