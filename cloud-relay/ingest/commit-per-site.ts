import type { Kysely } from 'kysely';
import { commitInGroups } from '../../core/store/commit-in-groups.js';
import type { RelayTables } from '../store/relay-tables.js';
import type { Arrival } from './arrival.js';

/**
 * Commits a batch or, if it fails because of its contents, the records of each site separately, so that one site does
 * not hold up another. Of a site whose records failed before (`isSuspect`), each record goes separately, so that one
 * does not hold up those behind it. Resolves with the error that kept each record from being stored, undefined if it
 * is stored.
 */
export async function commitPerSite(
  db: Kysely<RelayTables>,
  arrivals: Arrival[],
  commit: (arrivals: Arrival[]) => Promise<void>,
  isSuspect: (site: string) => boolean = () => false,
): Promise<unknown[]> {
  const outcomes = await commitInGroups(
    db,
    arrivals,
    (arrival) => (isSuspect(arrival.site) ? arrival : arrival.site),
    async (share) => {
      await commit(share);
      return share;
    },
  );
  return outcomes.map((outcome) =>
    outcome.status === 'rejected' ? (outcome.reason ?? new Error('unknown')) : undefined,
  );
}

/** PostgreSQL: data exceptions, constraints, limits of the program (appendix A). SQLite: what a statement cannot take. */
const CONTENTS = /^(22|23|54)...$|^SQLITE_(CONSTRAINT|TOOBIG|MISMATCH|RANGE)/;

/** Whether the database refuses the contents of a record, and not records in general. */
export const isOfContents = (error: unknown): boolean =>
  error instanceof RangeError ||
  error instanceof TypeError ||
  (error instanceof Error && 'code' in error && CONTENTS.test(String(error.code)));
