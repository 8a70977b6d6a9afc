import type { Compilable, CompiledQuery, Kysely } from 'kysely';
import { isPostgres } from './dialect.js';

/** Rows beyond this are rare, and each number of rows is another query. */
const MAX_ROWS = 64;

/** Stands for a parameter while a query is compiled. */
class Placeholder {
  constructor(
    readonly row: number,
    readonly name: string,
  ) {}
}

interface Compiled {
  query: CompiledQuery;
  /** The places of the query's parameters in the rows. */
  parameters: unknown[];
}

/**
 * A query that is built once for each number of rows of parameters, and then only run: building one takes several times
 * as long as SQLite takes to run it. `build` must use the parameters, all of which `names` lists, as values and nothing
 * else.
 */
export function compiledQuery<Tables, Parameters extends object, Row>(
  names: readonly (keyof Parameters & string)[],
  build: (db: Kysely<Tables>, rows: Parameters[]) => Compilable<Row>,
): (db: Kysely<Tables>, rows: Parameters[]) => Promise<Row[]> {
  const known = { sqlite: new Map<number, Compiled>(), postgres: new Map<number, Compiled>() };

  const compile = (db: Kysely<Tables>, rows: number): Compiled => {
    const placeholders = Array.from(
      { length: rows },
      (_, row) =>
        Object.fromEntries(names.map((name) => [name, new Placeholder(row, name)])) as Parameters,
    );
    const query = build(db, placeholders).compile();
    return { query, parameters: [...query.parameters] };
  };

  return async (db, rows) => {
    if (rows.length > MAX_ROWS) return (await db.executeQuery(build(db, rows).compile())).rows;
    const ofDialect = isPostgres(db) ? known.postgres : known.sqlite;
    let compiled = ofDialect.get(rows.length);
    if (!compiled) {
      compiled = compile(db, rows.length);
      ofDialect.set(rows.length, compiled);
    }
    const parameters = compiled.parameters.map((parameter) =>
      parameter instanceof Placeholder
        ? rows[parameter.row]?.[parameter.name as keyof Parameters]
        : parameter,
    );
    // The rows are those of the query that `build` describes.
    const { rows: found } = await db.executeQuery({ ...compiled.query, parameters });
    return found as Row[];
  };
}
