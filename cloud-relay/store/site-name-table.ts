import { type Kysely, sql } from 'kysely';
import type { NameKind, RelayTables } from './relay-tables.js';

/** Names of one kind that a site has used. */
export interface NamesOfKind {
  site: string;
  kind: NameKind;
  names: readonly string[];
}

/** Names in one statement; SQLite takes 32,766 parameters. */
const NAMES_PER_QUERY = 1_000;

/** Those of the names that the site has used before. */
export async function knownNames(
  db: Kysely<RelayTables>,
  { site, kind, names }: NamesOfKind,
): Promise<Set<string>> {
  const known = new Set<string>();
  for (let i = 0; i < names.length; i += NAMES_PER_QUERY) {
    const rows = await db
      .selectFrom('site_name')
      .select('name')
      .where('site', '=', site)
      .where('kind', '=', kind)
      .where('name', 'in', names.slice(i, i + NAMES_PER_QUERY))
      .execute();
    for (const { name } of rows) known.add(name);
  }
  return known;
}

/** How many names of a kind a site has used, in all and since a time. */
export async function countNames(
  db: Kysely<RelayTables>,
  site: string,
  kind: NameKind,
  since: number,
): Promise<{ total: number; recent: number }> {
  const row = await db
    .selectFrom('site_name')
    .where('site', '=', site)
    .where('kind', '=', kind)
    .select(({ fn }) => [
      fn.countAll<number>().as('total'),
      sql<number | null>`sum(case when since >= ${since} then 1 else 0 end)`.as('recent'),
    ])
    .executeTakeFirstOrThrow();
  return { total: Number(row.total), recent: Number(row.recent ?? 0) };
}

/** Adds names in a fixed order, so that concurrent statements lock them alike. */
export async function addNames(
  db: Kysely<RelayTables>,
  { site, kind, names }: NamesOfKind,
  since: number,
): Promise<void> {
  const sorted = names.toSorted();
  for (let i = 0; i < sorted.length; i += NAMES_PER_QUERY)
    await db
      .insertInto('site_name')
      .values(sorted.slice(i, i + NAMES_PER_QUERY).map((name) => ({ site, kind, name, since })))
      .onConflict((c) => c.columns(['site', 'kind', 'name']).doNothing())
      .execute();
}
