import { type Kysely, sql, type Transaction } from 'kysely';
import { isPostgres } from '../../core/store/dialect.js';
import type { EnrolmentCodeRow, RelayTables, SiteCredentialRow } from './relay-tables.js';

type Db = Kysely<RelayTables>;

/** Codes by the hash of their secret; a site has one at most. */
export const enrolmentTable = {
  /** False if `max` other codes are open. Expired ones are removed. */
  offer: async (db: Db, row: EnrolmentCodeRow, now: number, max: number): Promise<boolean> => {
    await db.deleteFrom('enrolment_code').where('expires_at', '<=', now).execute();
    const { open } = await db
      .selectFrom('enrolment_code')
      .select((q) => q.fn.countAll<number>().as('open'))
      .where('site', '!=', row.site)
      .executeTakeFirstOrThrow();
    if (Number(open) >= max) return false;
    await db
      .insertInto('enrolment_code')
      .values(row)
      .onConflict((c) => c.column('site').doUpdateSet(row))
      .execute();
    return true;
  },

  /** One that has not expired. */
  find: (db: Db, hash: string, now: number): Promise<EnrolmentCodeRow | undefined> =>
    db
      .selectFrom('enrolment_code')
      .selectAll()
      .where('hash', '=', hash)
      .where('expires_at', '>', now)
      .executeTakeFirst(),

  /** False if it was used before. */
  use: async (db: Db, hash: string, now: number): Promise<boolean> => {
    const { numUpdatedRows } = await db
      .updateTable('enrolment_code')
      .set({ used_at: now })
      .where('hash', '=', hash)
      .where('used_at', 'is', null)
      .executeTakeFirstOrThrow();
    return numUpdatedRows === 1n;
  },

  remove: (db: Db, site: string) =>
    db.deleteFrom('enrolment_code').where('site', '=', site).execute(),
};

const NONE = {
  current_hash: null,
  previous_hash: null,
  previous_until: 0,
  rotation_asked_at: null,
  cut_off: 0,
};

/** Any constant other than that of the partitions, as long as every relay uses the same one. */
const CUT_OFF_LOCK = 7_483_202;

export const credentialTable = {
  find: (db: Db, site: string): Promise<SiteCredentialRow | undefined> =>
    db.selectFrom('site_credential').selectAll().where('site', '=', site).executeTakeFirst(),

  set: async (db: Db, site: string, values: Partial<Omit<SiteCredentialRow, 'site'>>) => {
    await db
      .insertInto('site_credential')
      .values({ site, ...NONE, ...values })
      .onConflict((c) => c.column('site').doUpdateSet(values))
      .execute();
  },

  /**
   * Notes that connections of the site end now, for the process that has them. The numbers rise in the order of the
   * commits, whatever the clock: of concurrent transactions, one waits for the other.
   */
  cutOff: async (trx: Transaction<RelayTables>, site: string) => {
    if (isPostgres(trx)) await sql`select pg_advisory_xact_lock(${CUT_OFF_LOCK})`.execute(trx);
    const next = sql<number>`(select coalesce(max(cut_off), 0) + 1 from site_credential)`;
    await trx
      .insertInto('site_credential')
      .values({ site, ...NONE, cut_off: next })
      .onConflict((c) => c.column('site').doUpdateSet({ cut_off: next }))
      .execute();
  },

  /** Sites that were cut off after a number. */
  cutOffAfter: (db: Db, number: number): Promise<Pick<SiteCredentialRow, 'site' | 'cut_off'>[]> =>
    db
      .selectFrom('site_credential')
      .select(['site', 'cut_off'])
      .where('cut_off', '>', number)
      .orderBy('cut_off')
      .limit(1_000)
      .execute(),

  lastCutOff: async (db: Db): Promise<number> => {
    const { last } = await db
      .selectFrom('site_credential')
      .select((q) => q.fn.max<number | null>('cut_off').as('last'))
      .executeTakeFirstOrThrow();
    return Number(last ?? 0);
  },
};
