import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from '../../core/messaging/backoff.js';
import { unavailabilityOf } from '../../core/store/database-unavailable.js';

const MAX_ATTEMPTS = 4;
const RETRY = { minMs: 100, maxMs: 2_000 };

/**
 * Commits again if the database server lost the connection or was late, since another connection may work at once. The
 * commit has to be idempotent: a lost answer does not say whether it took effect. Rejects with the last failure.
 */
export async function commitAgain<Value>(commit: () => Promise<Value>): Promise<Value> {
  for (let attempt = 1; ; attempt++)
    try {
      return await commit();
    } catch (error) {
      const kind = unavailabilityOf(error)?.kind;
      if (attempt === MAX_ATTEMPTS || kind === undefined || kind === 'unwritable') throw error;
      await sleep(backoffMs(attempt - 1, RETRY));
    }
}
