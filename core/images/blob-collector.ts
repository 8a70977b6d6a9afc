import type { Kysely } from 'kysely';
import type { FileStore } from '../store/file-store.js';
import { analysisTable } from './analysis-table.js';
import type { BlobGuard } from './blob-guard.js';
import type { BlobLeases } from './blob-leases.js';
import { blobTable } from './blob-table.js';
import type { DiskBudget } from './disk-budget.js';
import { originalKey, processedKey } from './image-keys.js';
import type { ImageTables } from './tables.js';

const COLLECT_AT_ONCE = 200;
const MAX_STRAY = 10_000;

export interface BlobCollectorParts {
  db: Kysely<ImageTables>;
  files: FileStore;
  budget: DiskBudget;
  guard: BlobGuard;
  leases: BlobLeases | undefined;
  /** Called when the bytes of an image are gone. */
  onRemoved?: ((sha256: string) => Promise<void>) | undefined;
}

/**
 * Removes bytes and analyses that no image refers to, unless they are in use, and files whose row could not be
 * written. After a crash, only leases can find those.
 */
export class BlobCollector {
  /** Originals that may be stored without a row, since their commit failed. Unused with leases, which record them. */
  readonly #stray = new Set<string>();

  constructor(private readonly parts: BlobCollectorParts) {}

  /** Records an original whose commit failed. */
  addStray(sha256: string): void {
    if (!this.parts.leases && this.#stray.size < MAX_STRAY) this.#stray.add(sha256);
  }

  /** Removes bytes that an earlier removal skipped because they were in use, and those that a crash left. */
  async collectAll(): Promise<void> {
    for (const { sha256 } of await blobTable.unreferenced(this.parts.db, COLLECT_AT_ONCE))
      await this.collect(sha256);
    const { leases } = this.parts;
    const shas = leases ? await leases.withoutBlob(COLLECT_AT_ONCE) : [...this.#stray];
    for (const sha256 of shas)
      if (await this.#unlessUsed(sha256, (db) => this.#removeStray(db, sha256)))
        this.#stray.delete(sha256);
  }

  /** Removes bytes unless an image refers to them or they are in use. */
  async collect(sha256: string): Promise<void> {
    await this.#unlessUsed(sha256, (db) => this.#removeUnreferenced(db, sha256));
  }

  /** Removes the rendered form of an analysis. */
  async removeProcessed(key: string, db = this.parts.db): Promise<void> {
    const bytes = await analysisTable.takeProcessedBytes(db, key);
    await this.parts.files.remove(processedKey(key));
    this.parts.budget.add(-bytes);
  }

  #unlessUsed(
    sha256: string,
    removal: (db: Kysely<ImageTables>) => Promise<void>,
  ): Promise<boolean> {
    const { db, guard, leases } = this.parts;
    return guard.remove(sha256, () => (leases ? leases.unlessHeld(sha256, removal) : removal(db)));
  }

  async #removeStray(db: Kysely<ImageTables>, sha256: string): Promise<void> {
    if (!(await blobTable.has(db, sha256))) await this.parts.files.remove(originalKey(sha256));
  }

  async #removeUnreferenced(db: Kysely<ImageTables>, sha256: string): Promise<void> {
    for (const { key } of await analysisTable.unreferenced(db, sha256)) {
      await this.removeProcessed(key, db);
      await analysisTable.remove(db, key);
    }
    const blob = await blobTable.findUnreferenced(db, sha256);
    if (!blob) return;
    await this.parts.files.remove(originalKey(sha256));
    await blobTable.remove(db, sha256);
    this.parts.budget.add(-blob.bytes);
    await this.parts.onRemoved?.(sha256);
  }
}
