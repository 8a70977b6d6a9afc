import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { auditCommand } from '../../core/access/audit-command.js';
import { type CommandAccess, commandAccess } from '../../core/access/command-access.js';
import type { AccessTables } from '../../core/access/tables.js';
import { tokenCommand } from '../../core/access/token-command.js';
import { userCommand } from '../../core/access/user-command.js';
import type { CommandOptions } from '../../core/runtime/command-line.js';
import { messageOf, ProblemError, StartError } from '../../core/runtime/errors.js';
import { isDamage, namingDamage } from '../../core/store/damage.js';
import { type OpenedDatabase, openSqlite } from '../../core/store/database.js';
import { kyselyOver } from '../../core/store/dialect.js';
import { openPostgres } from '../../core/store/open-postgres.js';
import type { RelayConfig } from '../config.js';
import { databaseUrl } from '../store/open-relay-database.js';

type AccessCommand = (access: CommandAccess, options: CommandOptions) => Promise<string>;

/** Runs a command over the relay's database, also while it runs. The schema is not changed. */
const over =
  (command: AccessCommand) =>
  (config: RelayConfig, options: CommandOptions): Promise<string> => {
    const database = join(config.dataFolder, 'relay.db');
    return namingDamage(database, 'siteglass-relay', () => runOver(command, config, options));
  };

export const relayTokenCommand = over(tokenCommand);
export const relayUserCommand = over(userCommand);
export const relayAuditCommand = over(auditCommand);

async function runOver(
  command: AccessCommand,
  config: RelayConfig,
  options: CommandOptions,
): Promise<string> {
  const { db, close } = connect(config);
  const firstTokenFile = join(config.dataFolder, 'admin-token');
  const names = ['siteglass'];
  try {
    return await command(commandAccess({ db, firstTokenFile, names, hasCameras: false }), options);
  } catch (error) {
    const isKnown = error instanceof StartError || error instanceof ProblemError;
    if (isKnown || isDamage(error)) throw error;
    throw new StartError(`the relay's database cannot be used: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    await close();
  }
}

function connect(config: RelayConfig): OpenedDatabase<AccessTables> {
  const url = databaseUrl(config);
  if (url !== undefined) return openPostgres(url, () => undefined);
  const file = join(config.dataFolder, 'relay.db');
  if (!existsSync(file))
    throw new StartError(`${file} does not exist; start the relay once, which creates it`);
  const db = kyselyOver<AccessTables>(openSqlite(file));
  return { db, close: () => db.destroy() };
}
