import type { Kysely } from 'kysely';
import { narrowed, type TableSet } from './table-set.js';

/** An open transaction of the whole database. Each part takes from it the tables that it owns. */
class OpenTransaction {
  readonly #database: object;
  readonly #connection: object;

  constructor(database: object, connection: object) {
    this.#database = database;
    this.#connection = connection;
  }

  /** Throws if the database lacks one of the tables. */
  of<Tables>(set: TableSet<Tables>): Kysely<Tables> {
    return narrowed(this.#database, this.#connection, set);
  }
}

/** Only `unitOfWork` makes one. */
export type Transaction = OpenTransaction;

/** Runs `work` in one transaction and resolves with its value after the commit. If `work` rejects, nothing is written. */
export const unitOfWork = <Tables, Value>(
  db: Kysely<Tables>,
  work: (transaction: Transaction) => Promise<Value>,
): Promise<Value> =>
  db.transaction().execute((connection) => work(new OpenTransaction(db, connection)));
