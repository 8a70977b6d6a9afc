import Sqlite from 'better-sqlite3';

/** Opens a database that a service may be using, without changing it. Throws if it cannot be read. */
export const openReadOnly = (file: string): Sqlite.Database =>
  new Sqlite(file, { readonly: true, timeout: 2_000 });

/** The names of the migrations that a database has, oldest first; none if it is new. */
export function appliedMigrations(sqlite: Sqlite.Database): string[] {
  const table = sqlite
    .prepare("select 1 from sqlite_master where type = 'table' and name = 'kysely_migration'")
    .get();
  if (!table) return [];
  return sqlite
    .prepare('select name from kysely_migration order by name')
    .pluck()
    .all() as string[];
}
