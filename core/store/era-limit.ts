import { type RawBuilder, sql } from 'kysely';
import { type ClockEra, inEra } from '../runtime/clock-eras.js';

/** Earlier than any time that is stored. */
const EARLIEST_MS = -8.64e15;

/**
 * A limit by the present clock, as an expression: for a row it is the limit by the clock that made the time in `column`.
 * The numbers are literals, since PostgreSQL takes a parameter within `case` for a text.
 */
export function limitByEra(column: string, limit: number, eras: ClockEra[]): RawBuilder<number> {
  const literal = (ms: number) => sql.lit(Math.round(Math.max(ms, EARLIEST_MS)));
  if (eras.length === 0) return sql<number>`${literal(limit)}`;
  const cases = eras.map(
    (era) => sql`when ${sql.ref(column)} between ${literal(era.from)} and ${literal(era.to)}
      then ${literal(inEra(limit, era, eras))}`,
  );
  return sql<number>`(case ${sql.join(cases, sql` `)} else ${literal(limit)} end)`;
}
