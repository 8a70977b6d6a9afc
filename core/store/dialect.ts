import type Sqlite from 'better-sqlite3';
import {
  CompiledQuery,
  type DatabaseConnection,
  Kysely,
  PostgresAdapter,
  SqliteDialect,
  SqliteDriver,
} from 'kysely';

/** Whether a connection or transaction is one to PostgreSQL; otherwise it is SQLite. */
export const isPostgres = <T>(db: Kysely<T>): boolean =>
  db.getExecutor().adapter instanceof PostgresAdapter;

/**
 * A transaction takes the lock for writing when it begins, and waits there for other processes. SQLite does not let it take
 * the lock after a read if another process wrote meanwhile: it fails at once, whatever `busy_timeout` says.
 */
export class WaitingDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }
}

class CommandDialect extends SqliteDialect {
  constructor(private readonly database: Sqlite.Database) {
    super({ database });
  }

  override createDriver(): SqliteDriver {
    return new WaitingDriver({ database: this.database });
  }
}

/** Queries over an open SQLite database, for a command beside the service; `destroy` closes it. */
export const kyselyOver = <T>(database: Sqlite.Database): Kysely<T> =>
  new Kysely<T>({ dialect: new CommandDialect(database) });
