import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import { type Clock, systemClock } from '../../core/runtime/clock.js';
import {
  type ClockEra,
  type ClockEras,
  earliestOf,
  erasAfter,
  inEra,
  latestOf,
  noEras,
} from '../../core/runtime/clock-eras.js';
import { CronJob } from '../../core/runtime/cron-job.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import { isPostgres } from '../../core/store/dialect.js';
import { limitByEra } from '../../core/store/era-limit.js';
import { DAY_MS } from '../store/daily-label-table.js';
import { dropPartitions, preparePartitions } from '../store/partitions.js';
import type { RelayTables } from '../store/relay-tables.js';
import { LABELS_FIRST, removeInChunks } from '../store/remove-delivered.js';
import { forgetRemovedBefore } from '../store/removed-outbox-table.js';
import { removeDaysBefore } from '../store/site-day-table.js';

/**
 * Removes summaries some days after they arrived, once an hour: on PostgreSQL a month at a time, by dropping its
 * partition once all of it is due; on SQLite row by row. Daily totals and the ledger stay.
 */
export class SummaryRetention implements Service {
  readonly name = 'summary retention';
  readonly #job: CronJob;

  constructor(
    private readonly db: Kysely<RelayTables>,
    private readonly keepMs: number,
    private readonly log: Logger,
    private readonly clock: Clock = systemClock,
    private readonly eras: ClockEras = noEras,
  ) {
    this.#job = new CronJob({
      name: this.name,
      schedule: '0 17 * * * *',
      work: () => this.sweep(),
      failure: 'cannot remove old summaries',
      log,
    });
  }

  async start(): Promise<void> {
    if (isPostgres(this.db)) await preparePartitions(this.db, this.clock());
    void this.#job.run();
    this.#job.start();
  }

  stop(): Promise<void> {
    return this.#job.stop();
  }

  async sweep(): Promise<void> {
    const { db } = this;
    const eras = this.eras();
    const limit = this.clock() - this.keepMs;
    // What arrived before the clock was set keeps its true age; whole months go only if no clock disagrees.
    const young = erasAfter(limit, eras);
    const before = earliestOf(limit, young);
    if (isPostgres(db)) {
      await preparePartitions(db, this.clock());
      const dropped = await dropPartitions(db, before, youngSpans(limit, young));
      if (dropped.length > 0) this.log.info({ partitions: dropped }, 'removed old summaries');
    }
    const latest = latestOf(limit, eras);
    let removed = 0;
    for (const table of LABELS_FIRST)
      removed += await removeInChunks(
        db,
        isPostgres(db) ? `${table}_default` : table,
        // The first condition is one that an index serves.
        sql`received_at < ${latest} and received_at < ${limitByEra('received_at', limit, eras)}`,
      );
    if (removed > 0) this.log.info({ rows: removed }, 'removed old summaries');
    await removeInChunks(db, 'absence', sql`noticed_at < ${before}`);
    await removeDaysBefore(db, before - DAY_MS);
    await forgetRemovedBefore(db, before);
  }
}

/** What the clock has shown since a limit, in each of the eras. */
const youngSpans = (limit: number, eras: ClockEra[]) =>
  eras.map((era) => ({ from: Math.max(era.from, inEra(limit, era, eras)), to: era.to }));
