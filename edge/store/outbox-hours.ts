import { type Kysely, sql } from 'kysely';
import type { OutboxHourTable, OutboxTables } from './outbox-tables.js';

/** Rows of `outbox_hour`; beyond it the oldest are removed. */
export const HOURS_KEPT = 48;
const HOUR_MS = 3_600_000;

export type HourlyCount = Exclude<keyof OutboxHourTable, 'hour'>;

/** Counts what happens in the hour of `now`, within the caller's transaction; 0 stands for a time that is not known. */
export async function countInHour(
  trx: Kysely<OutboxTables>,
  now: number,
  what: HourlyCount,
  count: number,
): Promise<void> {
  const hour = Math.floor(now / HOUR_MS);
  const { total } = await trx
    .insertInto('outbox_hour')
    .values({ hour, added: 0, settled: 0, evicted: 0, [what]: count })
    .onConflict((c) =>
      c.column('hour').doUpdateSet({ [what]: sql`outbox_hour.${sql.ref(what)} + ${count}` }),
    )
    .returning(sql<number>`added + settled + evicted`.as('total'))
    .executeTakeFirstOrThrow();
  const isNewHour = total === count;
  if (!isNewHour) return;
  // By their number and not by their age, so that a clock which was wrong for a while costs no more than its own rows.
  await trx
    .deleteFrom('outbox_hour')
    .where('hour', '<=', (eb) =>
      eb
        .selectFrom('outbox_hour')
        .select('hour')
        .orderBy('hour', 'desc')
        .limit(1)
        .offset(HOURS_KEPT),
    )
    .execute();
}

export interface OutboxHour {
  /** When the hour began, in milliseconds since the Unix epoch. */
  began: number;
  added: number;
  acknowledged: number;
  evicted: number;
}

/** Newest first, without the counts of times that are not known. */
export async function outboxHours(db: Kysely<OutboxTables>): Promise<OutboxHour[]> {
  const rows = await db
    .selectFrom('outbox_hour')
    .selectAll()
    .where('hour', '>', 0)
    .orderBy('hour', 'desc')
    .execute();
  return rows.map(({ hour, added, settled, evicted }) => ({
    began: hour * HOUR_MS,
    added,
    acknowledged: settled,
    evicted,
  }));
}
