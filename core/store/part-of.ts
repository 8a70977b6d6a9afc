import type { Kysely } from 'kysely';

/**
 * A database, or a transaction in it, seen as those of its tables that a room knows. Sound, though Kysely's
 * types, which are invariant in the tables, do not show it.
 */
export const partOf = <Part, Whole extends Part = Part>(db: Kysely<Whole>): Kysely<Part> =>
  db as unknown as Kysely<Part>;
