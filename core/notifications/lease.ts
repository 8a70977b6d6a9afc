import { randomUUID } from 'node:crypto';
import type { Clock } from '../runtime/clock.js';
import { memoryTable } from './memory-table.js';
import type { NotificationDb } from './tables.js';

const LEASE_MS = 30_000;
const KEY = { rule: '', kind: 'lease', subject: 'engine' } as const;

/** One of several processes on a database applies the rules; another takes over if it stops doing so. */
export class Lease {
  readonly #owner = randomUUID();

  constructor(
    private readonly db: NotificationDb,
    private readonly now: Clock,
  ) {}

  /** Whether this process has the lease, which it renews. */
  hold(): Promise<boolean> {
    return this.db.transaction().execute(async (trx) => {
      await trx
        .insertInto('notification_memory')
        .values({ ...KEY, value: '{"owner":"","until":0}' })
        .onConflict((c) => c.doNothing())
        .execute();
      const lease = await memoryTable.get<{ owner: string; until: number }>(trx, KEY);
      const now = this.now();
      // A time far ahead is from before the clock was set.
      const isTaken = lease !== undefined && lease.until > now && lease.until <= now + LEASE_MS;
      if (isTaken && lease.owner !== this.#owner) return false;
      await memoryTable.put(trx, KEY, { owner: this.#owner, until: now + LEASE_MS });
      return true;
    });
  }
}
