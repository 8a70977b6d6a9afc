import { type QueryExecutorProvider, sql } from 'kysely';
import type { Probe } from '../runtime/watchdog.js';

/**
 * Checks that the database responds: the connection becomes free after each transaction. An error is a response too,
 * since its reason (a full disk, a server that is down) would be the same after a restart.
 */
export class DatabaseProbe implements Probe {
  readonly name = 'database';

  /** On a slow SD card under load the probe waits for other transactions, but never for a minute. */
  constructor(
    private readonly db: QueryExecutorProvider,
    readonly patienceMs = 60_000,
  ) {}

  async check(): Promise<undefined> {
    await sql`select 1`.execute(this.db).catch(() => undefined);
  }
}
