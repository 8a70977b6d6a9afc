import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import { createTask, type ScheduledTask } from 'node-cron';
import { type Clock, systemClock } from '../../core/runtime/clock.js';
import { cronLogger } from '../../core/runtime/cron-logger.js';
import { messageOf } from '../../core/runtime/errors.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import { isPostgres } from '../../core/store/dialect.js';
import { removeInStrides } from '../store/forget-delivered.js';
import { dropPartitions, PARTITIONED, preparePartitions } from '../store/partitions.js';
import type { RelayTables } from '../store/relay-tables.js';

/**
 * Removes summaries some days after they arrived, once an hour: on PostgreSQL a month at a time, by dropping its
 * partition once the whole of it is due; on SQLite row by row. Daily totals and the ledger stay.
 */
export class SummaryRetention implements Service {
  readonly name = 'summary retention';
  #task: ScheduledTask | undefined;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(
    private readonly db: Kysely<RelayTables>,
    private readonly keepMs: number,
    private readonly log: Logger,
    private readonly clock: Clock = systemClock,
  ) {}

  async start(): Promise<void> {
    if (isPostgres(this.db)) await preparePartitions(this.db, this.clock());
    this.#sweeping = this.#sweepQuietly();
    this.#task = createTask('0 17 * * * *', () => this.#sweepQuietly(), {
      name: this.name,
      noOverlap: true,
      logger: cronLogger(this.log),
    });
    this.#task.start();
  }

  async stop(): Promise<void> {
    await this.#task?.destroy();
    await this.#sweeping;
  }

  async sweep(): Promise<void> {
    const { db } = this;
    const before = this.clock() - this.keepMs;
    if (isPostgres(db)) {
      await preparePartitions(db, this.clock());
      const dropped = await dropPartitions(db, before);
      if (dropped.length > 0) this.log.info({ partitions: dropped }, 'removed old summaries');
    }
    let removed = 0;
    for (const table of PARTITIONED)
      removed += await removeInStrides(
        db,
        isPostgres(db) ? `${table}_default` : table,
        sql`received_at < ${before}`,
      );
    if (removed > 0) this.log.info({ rows: removed }, 'removed old summaries');
    await db.deleteFrom('absence').where('noticed_at', '<', before).execute();
  }

  async #sweepQuietly(): Promise<void> {
    try {
      await this.sweep();
    } catch (error) {
      this.log.error({ error: messageOf(error) }, 'old summaries could not be removed');
    }
  }
}
