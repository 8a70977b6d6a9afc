import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import type { AccessTables } from '../../core/access/tables.js';
import { messageOf, ProblemError, StartError } from '../../core/runtime/errors.js';
import { isDamage, namingDamage } from '../../core/store/damage.js';
import { type OpenedDatabase, openSqlite } from '../../core/store/database.js';
import { kyselyOver } from '../../core/store/dialect.js';
import { openPostgres } from '../../core/store/open-postgres.js';
import type { RelayConfig } from '../config.js';
import { databaseUrl } from '../store/open-relay-database.js';
import type { RelayTables } from '../store/relay-tables.js';

type Tables = RelayTables & AccessTables;
export type RelayDatabase = Kysely<Tables>;

/** Runs a command over the relay's database, also while it runs. The schema is not changed. Throws StartError. */
export function overDatabase(
  config: RelayConfig,
  command: (db: RelayDatabase) => Promise<string>,
): Promise<string> {
  const file = join(config.dataFolder, 'relay.db');
  return namingDamage(file, 'siteglass-relay', async () => {
    const { db, close } = connect(databaseUrl(config), file);
    try {
      return await command(db);
    } catch (error) {
      const isKnown = error instanceof StartError || error instanceof ProblemError;
      if (isKnown || isDamage(error)) throw error;
      throw new StartError(`the relay's database cannot be used: ${messageOf(error)}`, {
        cause: error,
      });
    } finally {
      await close();
    }
  });
}

function connect(url: string | undefined, file: string): OpenedDatabase<Tables> {
  if (url !== undefined) return openPostgres(url, () => undefined);
  if (!existsSync(file))
    throw new StartError(`${file} does not exist; start the relay once, which creates it`);
  const db = kyselyOver<Tables>(openSqlite(file));
  return { db, close: () => db.destroy() };
}
