import { type Kysely, sql } from 'kysely';
import { isStorageFailure } from '../../core/store/storage-failure.js';
import type { RelayTables } from '../store/relay-tables.js';
import type { Arrival } from './arrival.js';

/**
 * Commits a batch or, where it fails by what is in it, the records of each site by themselves, so that no site's hold up
 * another's. Resolves with what kept each record from being stored, undefined where nothing did.
 */
export async function commitPerSite(
  db: Kysely<RelayTables>,
  arrivals: Arrival[],
  commit: (arrivals: Arrival[]) => Promise<void>,
): Promise<unknown[]> {
  const fault = await faultOf(commit(arrivals));
  const shares = bySite(arrivals);
  if (fault === undefined || shares.size === 1) return arrivals.map(() => fault);
  const faults = new Map<string, unknown>();
  let away = await isAway(db, fault);
  for (const [site, share] of shares) {
    const own = away ? fault : await faultOf(commit(share));
    faults.set(site, own);
    if (own !== undefined && !away) away = await isAway(db, own);
  }
  return arrivals.map(({ site }) => faults.get(site));
}

/** Whether the database takes nothing from anyone at present: there is no use in trying each site. */
async function isAway(db: Kysely<RelayTables>, fault: unknown): Promise<boolean> {
  if (isStorageFailure(fault) || isBusy(fault)) return true;
  return (await faultOf(sql`select 1`.execute(db))) !== undefined;
}

/** Another process writes to the SQLite database, for longer than a statement waits. */
const isBusy = (fault: unknown): boolean =>
  fault instanceof Error && 'code' in fault && fault.code === 'SQLITE_BUSY';

const faultOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error ?? new Error('unknown'),
  );

function bySite(arrivals: Arrival[]): Map<string, Arrival[]> {
  const shares = new Map<string, Arrival[]>();
  for (const arrival of arrivals) {
    const share = shares.get(arrival.site);
    if (share) share.push(arrival);
    else shares.set(arrival.site, [arrival]);
  }
  return shares;
}
