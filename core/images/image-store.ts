import type { Kysely } from 'kysely';
import type { Analysis } from '../contract/detection.js';
import type { Service } from '../runtime/lifecycle.js';
import { Batcher } from '../store/batcher.js';
import type { FileStore } from '../store/file-store.js';
import { isStorageFailure, storageProblem } from '../store/storage-failure.js';
import { analysisTable } from './analysis-table.js';
import { BlobGuard } from './blob-guard.js';
import type { BlobLeases } from './blob-leases.js';
import { blobTable } from './blob-table.js';
import type { DiskBudget } from './disk-budget.js';
import { imageLabelTable } from './image-label-table.js';
import { imageTable, type ProtectedImages } from './image-table.js';
import type { BlobRow, ImageRow, ImageTables } from './tables.js';

export interface ImageStoreOptions {
  /** Where other processes work on the same rows and files. */
  leases?: BlobLeases | undefined;
  /** Images that neither age nor budget removes. */
  spared?: ProtectedImages | undefined;
}

/** One image to be written, with what belongs into the same transaction. */
export interface ImageEntry {
  blob: BlobRow;
  image: ImageRow;
  analysis?: Analysis;
  /** The result was read from the database, so there is no need to write it. */
  isStored?: boolean;
  /** Further writes of the same transaction, e.g. an outbox row. */
  also?: (transaction: Kysely<ImageTables>) => Promise<void>;
}

const sharded = (folder: string, name: string) => `${folder}/${name.slice(0, 2)}/${name}`;
const originalKey = (sha256: string) => sharded('originals', sha256);
const processedKey = (key: string) => sharded('processed', `${key}.jpg`);

const COLLECT_AT_ONCE = 200;
const MAX_STRAY = 10_000;

/**
 * Rows and files of images, kept in step: a file stands before a row refers to it, and is removed
 * after the last row that did. `collect` sees to what stays between the two, and to files whose row could not be
 * written. Of these a crash leaves one without anybody knowing, unless there are leases, which tell of it.
 */
export class ImageStore implements Service {
  readonly name = 'images';
  readonly guard = new BlobGuard();
  readonly #commits: Batcher<ImageEntry, undefined>;
  /** Originals that may stand without a row, since their commit failed; leases tell of them where there are any. */
  readonly #stray = new Set<string>();

  constructor(
    readonly db: Kysely<ImageTables>,
    private readonly files: FileStore,
    readonly budget: DiskBudget,
    private readonly options: ImageStoreOptions = {},
  ) {
    this.#commits = new Batcher((entries) => this.#write(entries));
  }

  start(): Promise<void> {
    return this.#measure();
  }

  async #measure(): Promise<void> {
    const [originals, processed] = await Promise.all([
      blobTable.totalBytes(this.db),
      analysisTable.totalProcessedBytes(this.db),
    ]);
    this.budget.begin(originals + processed);
  }

  /** Stores the bytes, then the rows. Commits that come together share a transaction. Throws `disk_budget_spent`. */
  async commit(entry: ImageEntry, bytes: Buffer): Promise<void> {
    const { sha256 } = entry.blob;
    try {
      await this.options.leases?.hold(this.db, [sha256]);
      await this.files.put(originalKey(sha256), bytes);
      await this.#commits.add(entry);
    } catch (error) {
      if (!this.options.leases && this.#stray.size < MAX_STRAY) this.#stray.add(sha256);
      throw storageProblem(error);
    }
  }

  async #write(entries: ImageEntry[]): Promise<undefined[]> {
    const addedBytes = await this.db.transaction().execute(async (transaction) => {
      await this.options.leases?.hold(
        transaction,
        entries.map(({ blob }) => blob.sha256),
      );
      const added = await blobTable.insert(
        transaction,
        entries.map(({ blob }) => blob),
      );
      // Another process may have removed meanwhile what was read before.
      for (const { image, analysis, isStored } of entries)
        if (analysis && (!isStored || this.options.leases))
          await analysisTable.insert(transaction, image.analysis_key, image.sha256, analysis);
      await imageTable.insert(
        transaction,
        entries.map(({ image }) => image),
      );
      await imageLabelTable.insert(
        transaction,
        entries.map(({ image }) => image.id),
      );
      for (const { also } of entries) await also?.(transaction);
      return added;
    });
    this.budget.add(addedBytes);
    return entries.map(() => undefined);
  }

  original(sha256: string) {
    return this.files.get(originalKey(sha256));
  }

  originalBytes(sha256: string): Promise<Buffer | undefined> {
    return this.files.readWhole(originalKey(sha256));
  }

  processed(key: string) {
    return this.files.get(processedKey(key));
  }

  /** Keeps a rendered picture if there is room for it; where not, it is rendered anew the next time. */
  async keepProcessed(key: string, bytes: Buffer): Promise<void> {
    if (await this.budget.isSpent(bytes.length)) return;
    let isCounted = false;
    try {
      await this.files.put(processedKey(key), bytes);
      isCounted = await analysisTable.setProcessedBytes(this.db, key, bytes.length);
    } catch (error) {
      if (!isStorageFailure(error)) throw error;
    }
    if (isCounted) this.budget.add(bytes.length);
    // The row could not be written, or another process removed the analysis meanwhile.
    else await this.files.remove(processedKey(key));
  }

  async removeProcessed(key: string, db = this.db): Promise<void> {
    const bytes = await analysisTable.takeProcessedBytes(db, key);
    await this.files.remove(processedKey(key));
    this.budget.add(-bytes);
  }

  /** Removes images, and what only they referred to. Answers how many there were. */
  async remove(ids: string[]): Promise<number> {
    if (ids.length === 0) return 0;
    const removed = await imageTable.remove(this.db, ids);
    for (const sha256 of new Set(removed.map((row) => row.sha256))) await this.#collect(sha256);
    return removed.length;
  }

  /** Images whose time is over, at most `limit`. */
  expired(now: number, limit: number): Promise<string[]> {
    return imageTable.expired(this.db, now, limit, this.options.spared);
  }

  /** Removes images made before an instant, at most `limit`. */
  async removeOlderThan(ms: number, limit: number): Promise<number> {
    return this.remove(await imageTable.olderThan(this.db, ms, limit, this.options.spared));
  }

  /** Removes rendered pictures of images made before an instant, at most `limit`; they are rendered anew when asked for. */
  async removeProcessedOlderThan(ms: number, limit: number): Promise<number> {
    const keys = await analysisTable.processedBefore(this.db, ms, limit);
    for (const key of keys) await this.removeProcessed(key);
    return keys.length;
  }

  /** Removes the oldest images of cameras, at most `limit`; uploads stay. */
  async removeOldest(limit: number): Promise<number> {
    return this.remove(await imageTable.oldestOfCameras(this.db, limit, this.options.spared));
  }

  /** Removes what an earlier round had to leave because it was in use, or a crash left behind. */
  async collect(): Promise<void> {
    for (const { sha256 } of await blobTable.unreferenced(this.db, COLLECT_AT_ONCE))
      await this.#collect(sha256);
    await this.#collectStray();
    // What other processes added and removed counts as well.
    if (this.options.leases) await this.#measure();
  }

  async #collectStray(): Promise<void> {
    const { leases } = this.options;
    const shas = leases ? await leases.withoutBlob(this.db, COLLECT_AT_ONCE) : [...this.#stray];
    for (const sha256 of shas)
      if (await this.#unlessUsed(sha256, (db) => this.#removeStray(db, sha256)))
        this.#stray.delete(sha256);
  }

  async #removeStray(db: Kysely<ImageTables>, sha256: string): Promise<void> {
    if (!(await blobTable.has(db, sha256))) await this.files.remove(originalKey(sha256));
  }

  #collect(sha256: string): Promise<boolean> {
    return this.#unlessUsed(sha256, (db) => this.#removeUnreferenced(db, sha256));
  }

  #unlessUsed(
    sha256: string,
    removal: (db: Kysely<ImageTables>) => Promise<void>,
  ): Promise<boolean> {
    const { leases } = this.options;
    return this.guard.remove(sha256, () =>
      leases ? leases.unlessHeld(this.db, sha256, removal) : removal(this.db),
    );
  }

  async #removeUnreferenced(db: Kysely<ImageTables>, sha256: string): Promise<void> {
    for (const { key } of await analysisTable.unreferenced(db, sha256)) {
      await this.removeProcessed(key, db);
      await analysisTable.remove(db, key);
    }
    const blob = await blobTable.findUnreferenced(db, sha256);
    if (!blob) return;
    await this.files.remove(originalKey(sha256));
    await blobTable.remove(db, sha256);
    this.budget.add(-blob.bytes);
  }
}
