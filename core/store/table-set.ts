import type { Kysely } from 'kysely';

/** The tables that one part of a program owns: their names, and in the type their rows. */
export interface TableSet<Tables> {
  readonly names: readonly string[];
  /** Never set; it keeps the type of the rows. */
  readonly rows?: Tables;
}

/** Describes a part's tables. The compiler checks that every table of the type is named. */
export const tableSet = <Tables>(names: Record<keyof Tables & string, true>): TableSet<Tables> => ({
  names: Object.keys(names),
});

/** The tables of each open database. */
const existing = new WeakMap<object, ReadonlySet<string>>();

/** Called once a database is open and migrated, with the names of the tables that it has. */
export function registerTables(db: object, names: Iterable<string>): void {
  existing.set(db, new Set(names));
}

/**
 * The same connection, typed by the tables of one part: all parts of a process share a database, but each knows only
 * the tables that it owns. Throws if the database lacks one of them.
 */
export const tablesOf = <Tables, All extends Tables>(
  db: Kysely<All>,
  set: TableSet<Tables>,
): Kysely<Tables> => narrowed(db, db, set);

/** `connection` is the database itself or a transaction of it. This is the one cast between table types. */
export function narrowed<Tables>(
  database: object,
  connection: object,
  { names }: TableSet<Tables>,
): Kysely<Tables> {
  const known = existing.get(database);
  if (!known) throw new Error('the database was not opened with openDatabase');
  const missing = names.filter((name) => !known.has(name));
  if (missing.length > 0) throw new Error(`the database has no table ${missing.join(', ')}`);
  return connection as Kysely<Tables>;
}
