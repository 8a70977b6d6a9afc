import type { Kysely } from 'kysely';
import type { Clock } from '../runtime/clock.js';
import {
  type ClockEra,
  type ClockEras,
  earliestOf,
  erasAfter,
  latestOf,
  noEras,
} from '../runtime/clock-eras.js';
import { type Transaction, unitOfWork } from '../store/unit-of-work.js';
import { blobLeaseTable } from './blob-lease-table.js';
import {
  type ImageTables,
  imageTables,
  type SharedImageTables,
  sharedImageTables,
} from './tables.js';

/** Ample for storing a file and committing its rows, also if the clocks of two machines differ by a minute or two. */
export const BLOB_LEASE_MS = 5 * 60_000;

/**
 * What `BlobGuard` is within a process, across processes: bytes are removed under a lock that anyone who adds a
 * reference takes as well, and not while another process has just stored them to refer to them.
 */
export class BlobLeases {
  constructor(
    private readonly db: Kysely<SharedImageTables>,
    private readonly clock: Clock,
    /** When this machine's clock was set: a lease is over, and lasts, by every clock that it has had. */
    private readonly eras: ClockEras = noEras,
  ) {}

  /** Takes or prolongs a lease before a file is stored. */
  hold(sha256: string): Promise<void> {
    return blobLeaseTable.hold(this.db, [sha256], this.#end());
  }

  /** Prolongs leases, and holds their locks until the end of the transaction. */
  lock(transaction: Transaction, shas: string[]): Promise<void> {
    return blobLeaseTable.hold(transaction.of(sharedImageTables), shas, this.#end());
  }

  /** Bytes that were stored and have no row: the commit failed, or its process ended. */
  withoutBlob(limit: number): Promise<string[]> {
    return blobLeaseTable.withoutBlob(this.db, this.#now(), limit);
  }

  /** Runs `removal` under the lock, unless there is a lease. */
  unlessHeld(
    sha256: string,
    removal: (locked: Kysely<ImageTables>) => Promise<void>,
  ): Promise<void> {
    return unitOfWork(this.db, async (transaction) => {
      const leases = transaction.of(sharedImageTables);
      if ((await blobLeaseTable.lock(leases, sha256)) > this.#now()) return;
      await removal(transaction.of(imageTables));
      await blobLeaseTable.remove(leases, sha256);
    });
  }

  #end(): number {
    return latestOf(this.clock(), this.#recentEras()) + BLOB_LEASE_MS;
  }

  #now(): number {
    return earliestOf(this.clock(), this.#recentEras());
  }

  #recentEras(): ClockEra[] {
    return erasAfter(this.clock() - 2 * BLOB_LEASE_MS, this.eras());
  }
}
