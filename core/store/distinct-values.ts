import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely';

/** More are not looked for: a model has at most 1,000 labels. */
const MAX_VALUES = 2_000;

/**
 * The different values of an indexed column, in order, of the rows that fulfil a condition. Reads one row of the index
 * for each, where `select distinct` reads all of them.
 */
export async function distinctValues<Tables>(
  db: Kysely<Tables>,
  table: keyof Tables & string,
  column: string,
  condition: RawBuilder<SqlBool> = sql`true`,
): Promise<string[]> {
  const name = sql.ref(column);
  const lowest = sql`select min(${name}) from ${sql.table(table)} where ${condition}`;
  const { rows } = await sql<{ value: string }>`
    with recursive found(value) as (
      ${lowest}
      union all
      select (${lowest} and ${name} > found.value) from found where found.value is not null
    )
    select value from found where value is not null limit ${sql.lit(MAX_VALUES)}`.execute(db);
  return rows.map(({ value }) => value);
}
