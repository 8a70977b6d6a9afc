import { type Kysely, sql } from 'kysely';
import type { Probe } from '../runtime/watchdog.js';

/**
 * The database answers: the connection is there again after each transaction. An error is an answer too, since what it
 * says (a disk that is full, a server that is away) is no better after a restart.
 */
export class DatabaseProbe implements Probe {
  readonly name = 'database';

  /** A database on another machine may take longer: until the network gives a connection up, or comes back. */
  constructor(
    private readonly db: Kysely<unknown>,
    readonly patienceMs?: number,
  ) {}

  async check(): Promise<undefined> {
    await sql`select 1`.execute(this.db).catch(() => undefined);
  }
}
