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
        .where('site.password_hash', 'is', null)
        .where('site.removing_at', 'is', null),
    )
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/** False if there is no such site. Without a hash, the site has no account any more. */
export async function setPasswordHash(
  db: Kysely<RelayTables>,
  id: string,
  passwordHash: string | null,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('site')
    .set({ password_hash: passwordHash })
    .where('id', '=', id)
    .where('removing_at', 'is', null)
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
    .where('removing_at', 'is', null)
    .executeTakeFirst();
  return row?.password_hash ?? undefined;
}

export async function siteIds(db: Kysely<RelayTables>): Promise<string[]> {
  const rows = await db
    .selectFrom('site')
    .select('id')
    .where('removing_at', 'is', null)
    .orderBy('id')
    .execute();
  return rows.map(({ id }) => id);
}

/** In the order of their ids; with `after`, those that follow it. */
export function sites(
  db: Kysely<RelayTables>,
  { limit, after }: { limit?: number; after?: string | undefined } = {},
): Promise<SiteRow[]> {
  return db
    .selectFrom('site')
    .selectAll()
    .where('removing_at', 'is', null)
    .$if(after !== undefined, (q) => q.where('id', '>', after ?? ''))
    .$if(limit !== undefined, (q) => q.limit(limit ?? 0))
    .orderBy('id')
    .execute();
}

export function site(db: Kysely<RelayTables>, id: string): Promise<SiteRow | undefined> {
  return db
    .selectFrom('site')
    .selectAll()
    .where('id', '=', id)
    .where('removing_at', 'is', null)
    .executeTakeFirst();
}

export async function recordPresence(
  db: Kysely<RelayTables>,
  id: string,
  presence: Pick<SiteRow, 'availability' | 'last_seen_at' | 'health' | 'health_at'>,
): Promise<void> {
  await db.updateTable('site').set(presence).where('id', '=', id).execute();
}

/**
 * Those of the sites that exist and are not being removed, locked: no removal begins before the transaction ends. With
 * `alone`, no other transaction commits for them meanwhile.
 */
export async function lockSites(
  trx: Kysely<RelayTables>,
  ids: string[],
  alone = false,
): Promise<Set<string>> {
  const rows = await trx
    .selectFrom('site')
    .select('id')
    .where('id', 'in', ids)
    .where('removing_at', 'is', null)
    .orderBy('id')
    // SQLite has one writer at a time anyway.
    .$if(isPostgres(trx), (q) => (alone ? q.forUpdate() : q.forKeyShare()))
    .execute();
  return new Set(rows.map(({ id }) => id));
}

export async function isBeingRemoved(db: Kysely<RelayTables>, id: string): Promise<boolean> {
  const row = await db
    .selectFrom('site')
    .select('id')
    .where('id', '=', id)
    .where('removing_at', 'is not', null)
    .executeTakeFirst();
  return row !== undefined;
}

/** Whether a site is being removed, or its removal was interrupted; if so, the transaction keeps others from ending it. */
export async function lockRemoval(trx: Kysely<RelayTables>, id: string): Promise<boolean> {
  const row = await trx
    .selectFrom('site')
    .select('id')
    .where('id', '=', id)
    .where('removing_at', 'is not', null)
    .$if(isPostgres(trx), (q) => q.forUpdate())
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Begins to remove a site: from the transaction's end on, no relay accepts anything from it, and none admits it again.
 * Waits for the batches under way. False if there is no such site.
 */
export async function beginRemoval(
  trx: Kysely<RelayTables>,
  id: string,
  now: number,
): Promise<boolean> {
  const row = await trx
    .selectFrom('site')
    .select('id')
    .where('id', '=', id)
    .$if(isPostgres(trx), (q) => q.forUpdate())
    .executeTakeFirst();
  if (!row) return false;
  await trx.updateTable('site').set({ removing_at: now }).where('id', '=', id).execute();
  return true;
}

/** Ends a removal that was begun: the site may be admitted again. */
export async function removeSite(db: Kysely<RelayTables>, id: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('site')
    .where('id', '=', id)
    .where('removing_at', 'is not', null)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}
