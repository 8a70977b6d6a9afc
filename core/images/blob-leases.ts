import type { Kysely } from 'kysely';
import type { Clock } from '../runtime/clock.js';
import { blobLeaseTable } from './blob-lease-table.js';
import type { ImageTables } from './tables.js';

/** Ample for storing a file and committing its rows, also when the clocks of two machines differ by a minute or two. */
export const BLOB_LEASE_MS = 5 * 60_000;

/**
 * What `BlobGuard` is within a process, across processes: bytes are removed under a lock that whoever adds a
 * reference takes as well, and not while somebody has just stored them to refer to them.
 */
export class BlobLeases {
  constructor(private readonly clock: Clock) {}

  /** Within a transaction, also holds the lock until its end. */
  hold(db: Kysely<ImageTables>, shas: string[]): Promise<void> {
    return blobLeaseTable.hold(db, shas, this.clock() + BLOB_LEASE_MS);
  }

  /** What was stored to be referred to, and then was not: the commit failed, or its process ended. */
  withoutBlob(db: Kysely<ImageTables>, limit: number): Promise<string[]> {
    return blobLeaseTable.withoutBlob(db, this.clock(), limit);
  }

  /** Runs `removal` under the lock, unless there is a lease. */
  unlessHeld(
    db: Kysely<ImageTables>,
    sha256: string,
    removal: (locked: Kysely<ImageTables>) => Promise<void>,
  ): Promise<void> {
    return db.transaction().execute(async (trx) => {
      if ((await blobLeaseTable.lock(trx, sha256)) > this.clock()) return;
      await removal(trx);
      await blobLeaseTable.remove(trx, sha256);
    });
  }
}
