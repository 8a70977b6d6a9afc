import { type QueryExecutorProvider, sql } from 'kysely';
import type { Probe } from '../runtime/watchdog.js';

/**
 * The database answers: the connection is there again after each transaction. An error is an answer too, since what it
 * says (a disk that is full, a server that is away) is no better after a restart.
 */
export class DatabaseProbe implements Probe {
  readonly name = 'database';

  /** With a slow card and much to do, others stand before it; a minute of that is none of the load. */
  constructor(
    private readonly db: QueryExecutorProvider,
    readonly patienceMs = 60_000,
  ) {}

  async check(): Promise<undefined> {
    await sql`select 1`.execute(this.db).catch(() => undefined);
  }
}
