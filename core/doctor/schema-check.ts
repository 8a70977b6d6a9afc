import { existsSync } from 'node:fs';
import type Sqlite from 'better-sqlite3';
import type { Migrations } from '../store/database.js';
import { appliedMigrations, openReadOnly } from '../store/read-only.js';
import { type Check, failure, ok, type Verdict } from './finding.js';

/** Whether the database file is readable and has a schema that this version knows. */
export const schemaCheck = (file: string, migrations: Migrations): Check => ({
  about: 'database',
  run() {
    if (!existsSync(file)) return ok(`${file} does not exist yet; the first start creates it`);
    let sqlite: Sqlite.Database | undefined;
    try {
      sqlite = openReadOnly(file);
      return schemaVerdict(file, appliedMigrations(sqlite), migrations);
    } finally {
      sqlite?.close();
    }
  },
});

/** The verdict on a database with the given migrations. */
export function schemaVerdict(name: string, applied: string[], migrations: Migrations): Verdict {
  const known = Object.keys(migrations);
  const unknown = applied.filter((migration) => !known.includes(migration));
  if (unknown.length > 0)
    return failure(
      `${name} was written by a newer version (unknown migration ${unknown.join(', ')})`,
      'Install that version, or restore a backup as described in docs/operations.md.',
    );
  const pending = known.length - applied.length;
  const rest = pending > 0 ? `; the next start applies ${pending} more` : '';
  return ok(`schema ${applied.at(-1) ?? 'none'}${rest}`);
}
