import type { Compilable, CompiledQuery, Kysely } from 'kysely';
import { isPostgres } from './dialect.js';

/** More rows are rare, and each number of rows is another query: those are not kept. */
const MAX_ROWS = 64;

/** Stands for a parameter while a query is compiled. */
class Placeholder {
  constructor(
    readonly row: number,
    readonly name: string,
  ) {}
}

/**
 * A query that is built once for each number of rows of parameters, and then only run: building one takes several times
 * as long as SQLite takes to run it. `build` must use the parameters as values and nothing else. `names` has them all:
 * what else the rows of a call have is left out.
 */
export function compiledQuery<Tables, Parameters extends object, Row>(
  names: Record<keyof Parameters & string, true>,
  build: (db: Kysely<Tables>, rows: Parameters[]) => Compilable<Row>,
): (db: Kysely<Tables>, rows: Parameters[]) => Promise<Row[]> {
  const known = {
    sqlite: new Map<number, CompiledQuery<Row>>(),
    postgres: new Map<number, CompiledQuery<Row>>(),
  };

  const compile = (db: Kysely<Tables>, rows: number): CompiledQuery<Row> => {
    const placeholders = Array.from(
      { length: rows },
      (_, row) =>
        Object.fromEntries(
          Object.keys(names).map((name) => [name, new Placeholder(row, name)]),
        ) as Parameters,
    );
    return build(db, placeholders).compile();
  };

  return async (db, rows) => {
    const ofDialect = isPostgres(db) ? known.postgres : known.sqlite;
    const query = ofDialect.get(rows.length) ?? compile(db, rows.length);
    if (rows.length <= MAX_ROWS) ofDialect.set(rows.length, query);
    const parameters = query.parameters.map((parameter) =>
      parameter instanceof Placeholder
        ? rows[parameter.row]?.[parameter.name as keyof Parameters]
        : parameter,
    );
    return (await db.executeQuery<Row>({ ...query, parameters })).rows;
  };
}
