import type { Kysely } from 'kysely';
import { isPostgres } from '../../core/store/dialect.js';
import type { RelayTables, SiteRow } from './relay-tables.js';

/** The state of a site that has not reported yet. */
const NOT_REPORTED = {
  availability: null,
  last_seen_at: null,
  health: null,
  health_at: null,
  removing_at: null,
};

/** Adds the sites that do not exist yet. Resolves with their number. */
export async function addSites(
  db: Kysely<RelayTables>,
  ids: string[],
  createdAt: number,
): Promise<number> {
  if (ids.length === 0) return 0;
  const { numInsertedOrUpdatedRows = 0n } = await db
    .insertInto('site')
    .values(
      ids.map((id) => ({
        id,
        created_at: createdAt,
        password_hash: null,
        ...NOT_REPORTED,
      })),
    )
    .onConflict((c) => c.column('id').doNothing())
    .executeTakeFirstOrThrow();
  return Number(numInsertedOrUpdatedRows);
}

/** False if the site has an account already. A site that was admitted without one gets it. */
export async function provisionSite(
  db: Kysely<RelayTables>,
  id: string,
  passwordHash: string,
  createdAt: number,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('site')
    .values({
      id,
      created_at: createdAt,
      password_hash: passwordHash,
      ...NOT_REPORTED,
    })
    .onConflict((c) =>
      c
        .column('id')
        .doUpdateSet({ password_hash: passwordHash })
        .where('site.password_hash', 'is', null),
    )
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/** False if there is no such site. */
export async function setPasswordHash(
  db: Kysely<RelayTables>,
  id: string,
  passwordHash: string,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('site')
    .set({ password_hash: passwordHash })
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

export async function passwordHashOf(
  db: Kysely<RelayTables>,
  id: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('site')
    .select('password_hash')
    .where('id', '=', id)
    .executeTakeFirst();
  return row?.password_hash ?? undefined;
}

export async function siteIds(db: Kysely<RelayTables>): Promise<string[]> {
  const rows = await db.selectFrom('site').select('id').orderBy('id').execute();
  return rows.map(({ id }) => id);
}

export function sites(db: Kysely<RelayTables>): Promise<SiteRow[]> {
  return db.selectFrom('site').selectAll().orderBy('id').execute();
}

export function site(db: Kysely<RelayTables>, id: string): Promise<SiteRow | undefined> {
  return db.selectFrom('site').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function recordPresence(
  db: Kysely<RelayTables>,
  id: string,
  presence: Pick<SiteRow, 'availability' | 'last_seen_at' | 'health' | 'health_at'>,
): Promise<void> {
  await db.updateTable('site').set(presence).where('id', '=', id).execute();
}

/** Those of the sites that exist, locked: none is removed before the transaction ends. */
export async function lockSites(trx: Kysely<RelayTables>, ids: string[]): Promise<Set<string>> {
  const rows = await trx
    .selectFrom('site')
    .select('id')
    .where('id', 'in', ids)
    .orderBy('id')
    // SQLite has one writer at a time anyway.
    .$if(isPostgres(trx), (q) => q.forKeyShare())
    .execute();
  return new Set(rows.map(({ id }) => id));
}

export async function removeSite(db: Kysely<RelayTables>, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('site')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}
