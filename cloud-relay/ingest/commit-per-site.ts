import type { Kysely } from 'kysely';
import { commitInGroups } from '../../core/store/commit-in-groups.js';
import type { RelayTables } from '../store/relay-tables.js';
import type { Arrival } from './arrival.js';

/**
 * Commits a batch or, if it fails because of its contents, the records of each site separately, so that one site does
 * not hold up another. Resolves with the error that kept each record from being stored, undefined if it is stored.
 */
export async function commitPerSite(
  db: Kysely<RelayTables>,
  arrivals: Arrival[],
  commit: (arrivals: Arrival[]) => Promise<void>,
): Promise<unknown[]> {
  const outcomes = await commitInGroups(
    db,
    arrivals,
    ({ site }) => site,
    async (share) => {
      await commit(share);
      return share;
    },
  );
  return outcomes.map((outcome) =>
    outcome.status === 'rejected' ? (outcome.reason ?? new Error('unknown')) : undefined,
  );
}
