import type { Kysely } from 'kysely';
import type { SiteAvailability } from '../../core/contract/live-payloads.js';
import { isPostgres } from '../../core/store/dialect.js';
import type { RelayTables } from './relay-tables.js';

export interface SiteTable {
  id: string;
  created_at: number;
  /** null: the site was met, not provisioned, and has no account at the embedded broker. */
  password_hash: string | null;
  availability: SiteAvailability | null;
  last_seen_at: number | null;
  /** The last health report as JSON, and when it came. */
  health: string | null;
  health_at: number | null;
}

/** What is known of a site that was not heard yet. */
const UNHEARD = { availability: null, last_seen_at: null, health: null, health_at: null };

/** Adds those that are not there yet. Resolves with their number. */
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
        ...UNHEARD,
      })),
    )
    .onConflict((c) => c.column('id').doNothing())
    .executeTakeFirstOrThrow();
  return Number(numInsertedOrUpdatedRows);
}

/** False where the site has an account already. One that was only met before gets one. */
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
      ...UNHEARD,
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

/** False where there is no such site. */
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

export function sites(db: Kysely<RelayTables>): Promise<SiteTable[]> {
  return db.selectFrom('site').selectAll().orderBy('id').execute();
}

export function site(db: Kysely<RelayTables>, id: string): Promise<SiteTable | undefined> {
  return db.selectFrom('site').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function recordPresence(
  db: Kysely<RelayTables>,
  id: string,
  presence: Pick<SiteTable, 'availability' | 'last_seen_at' | 'health' | 'health_at'>,
): Promise<void> {
  await db.updateTable('site').set(presence).where('id', '=', id).execute();
}

/** Those of the sites that are there; they are not removed before the transaction ends. */
export async function holdSites(trx: Kysely<RelayTables>, ids: string[]): Promise<Set<string>> {
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
