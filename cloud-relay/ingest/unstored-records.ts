import type { Kysely } from 'kysely';
import type { Refusal } from '../../core/contract/summary.js';
import { LogThrottle } from '../../core/runtime/log-throttle.js';
import type { Logger } from '../../core/runtime/logger.js';
import { ledgerEntry, type OutboxId } from '../store/ledger-table.js';
import type { RelayTables } from '../store/relay-tables.js';
import type { Acknowledger } from './acknowledger.js';
import type { Arrival } from './arrival.js';
import { bySite } from './by-site.js';
import type { Conflict } from './known-summaries.js';

const LOG_EVERY_MS = 60_000;
/** More often than an appliance sends a record again that is overdue. */
const HELD_EVERY_MS = 1_000;

/** Tells appliances which of their records are not stored, and why. */
export class UnstoredRecords {
  readonly #logs = new LogThrottle(LOG_EVERY_MS);
  readonly #heldReports = new LogThrottle(HELD_EVERY_MS);

  constructor(
    private readonly acknowledger: Acknowledger,
    private readonly db: Kysely<RelayTables>,
    private readonly log: Logger,
  ) {}

  /** The appliance sets it aside. */
  async refuse({ site, epoch }: OutboxId, refusal: Refusal): Promise<void> {
    if (this.#logs.isDue(site))
      this.log.error({ site, epoch, ...refusal }, 'record refused; the appliance sets it aside');
    this.acknowledger.refusals.add({ site, epoch }, refusal);
    this.acknowledger.acknowledge([await ledgerEntry(this.db, { site, epoch })]);
  }

  /** For a record that was damaged on the way. */
  async askAgain(damaged: OutboxId & { refusal: Refusal }): Promise<void> {
    const entry = await ledgerEntry(this.db, damaged);
    if (entry.watermark === 0 && entry.ahead.length === 0) return;
    this.acknowledger.refusals.add(damaged, damaged.refusal);
    this.acknowledger.acknowledge([entry]);
  }

  /**
   * An appliance that hears of later records alone would conclude that the broker drops the one that it misses, and
   * shorten it.
   */
  async reportHeld(held: Arrival[]): Promise<void> {
    for (const [site, own] of bySite(held)) {
      const [first] = own;
      if (!first || !this.#heldReports.isDue(site)) continue;
      const { epoch } = first.record;
      const entry = await ledgerEntry(this.db, { site, epoch });
      const records = own.filter(({ record }) => record.epoch === epoch);
      this.acknowledger.hold(
        entry,
        records.map(({ record }) => record.seq),
      );
    }
  }

  reportConflict({ site, epoch, seq, snapshot }: Conflict): void {
    if (this.#logs.isDue(`${site} conflict`))
      this.log.error(
        { site, epoch, seq, snapshot },
        'another summary has this number: two appliances use copies of one database; this one is asked to start a new epoch',
      );
    const reason = 'another summary has this number';
    this.acknowledger.refusals.add({ site, epoch }, { seq, snapshot, reason, conflict: true });
  }
}
