import type { Kysely } from 'kysely';
import type { Service } from '../runtime/lifecycle.js';
import { Batcher } from '../store/batcher.js';
import { commitInGroups, type Outcome } from '../store/commit-in-groups.js';
import type { FileStore } from '../store/file-store.js';
import { isStorageFailure, storageProblem } from '../store/storage-failure.js';
import { type Transaction, unitOfWork } from '../store/unit-of-work.js';
import type { SourcedAnalysis } from './analyser.js';
import { analysisTable } from './analysis-table.js';
import { BlobGuard } from './blob-guard.js';
import type { BlobLeases } from './blob-leases.js';
import { blobTable } from './blob-table.js';
import type { DiskBudget } from './disk-budget.js';
import { imageLabelTable } from './image-label-table.js';
import { imageTable, type ProtectedImages } from './image-table.js';
import { type BlobRow, type ImageRow, type ImageTables, imageTables } from './tables.js';

export interface ImageStoreOptions {
  /** If other processes work on the same rows and files. */
  leases?: BlobLeases | undefined;
  /** Images that are removed neither for their age nor for the disk budget. */
  protected?: ProtectedImages | undefined;
}

/** One image to be written, with what belongs into the same transaction. */
export interface ImageEntry<Value> {
  blob: BlobRow;
  image: ImageRow;
  /** Written unless it comes from the database. */
  result?: SourcedAnalysis;
  /**
   * Further writes of the same transaction, e.g. an outbox row; its value is the commit's. Called again, in another
   * transaction, if the first was rolled back: it changes nothing but the database.
   */
  also: (transaction: Transaction) => Promise<Value>;
}

/** For an entry without further writes. */
export const noFurtherWrites = async (): Promise<void> => undefined;

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
  readonly #commits: Batcher<ImageEntry<unknown>, Outcome<unknown>>;
  /** Originals that may stand without a row, since their commit failed; leases tell of them where there are any. */
  readonly #stray = new Set<string>();

  constructor(
    readonly db: Kysely<ImageTables>,
    private readonly files: FileStore,
    readonly budget: DiskBudget,
    private readonly options: ImageStoreOptions = {},
  ) {
    this.#commits = new Batcher((entries) =>
      commitInGroups(
        db,
        entries,
        (entry) => entry,
        (some) => this.#write(some),
      ),
    );
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

  /**
   * Stores the bytes, then the rows, and resolves with the value of `also`. Commits that arrive together share a
   * transaction; if one entry's writes fail, that entry alone fails. Throws `disk_budget_spent`.
   */
  async commit<Value>(entry: ImageEntry<Value>, bytes: Buffer): Promise<Value> {
    const { sha256 } = entry.blob;
    try {
      await this.options.leases?.hold(sha256);
      await this.files.put(originalKey(sha256), bytes);
      const outcome = await this.#commits.add(entry);
      if (outcome.status === 'rejected') throw outcome.reason;
      // The batch holds entries of every kind; `#write` gives each one the value of its own `also`.
      return outcome.value as Value;
    } catch (error) {
      if (!this.options.leases && this.#stray.size < MAX_STRAY) this.#stray.add(sha256);
      throw storageProblem(error);
    }
  }

  /** Resolves with the value of each entry's `also`. */
  async #write(entries: ImageEntry<unknown>[]): Promise<unknown[]> {
    const { addedBytes, values } = await unitOfWork(this.db, async (transaction) => {
      await this.options.leases?.lock(
        transaction,
        entries.map(({ blob }) => blob.sha256),
      );
      const addedBytes = await this.#insert(transaction.of(imageTables), entries);
      const values: unknown[] = [];
      for (const { also } of entries) values.push(await also(transaction));
      return { addedBytes, values };
    });
    this.budget.add(addedBytes);
    return values;
  }

  /** Resolves with the bytes of the blobs that are new. */
  async #insert(db: Kysely<ImageTables>, entries: ImageEntry<unknown>[]): Promise<number> {
    const images = entries.map(({ image }) => image);
    const addedBytes = await blobTable.insert(
      db,
      entries.map(({ blob }) => blob),
    );
    // Another process may have removed meanwhile what was read before.
    for (const { image, result } of entries)
      if (result && (result.source !== 'stored' || this.options.leases))
        await analysisTable.insert(db, image.analysis_key, image.sha256, result.analysis);
    await imageTable.insert(db, images);
    await imageLabelTable.insert(
      db,
      images.map(({ id }) => id),
    );
    return addedBytes;
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

  async usedBytes(): Promise<number> {
    return this.budget.usedBytes;
  }

  /** Images whose time is over, at most `limit`. */
  expired(now: number, limit: number): Promise<string[]> {
    return imageTable.expired(this.db, now, limit, this.options.protected);
  }

  freeBytes(): Promise<number> {
    return this.budget.freeBytes();
  }

  /** Removes images made before an instant, at most `limit`. */
  async removeOlderThan(ms: number, limit: number): Promise<number> {
    return this.remove(await imageTable.olderThan(this.db, ms, limit, this.options.protected));
  }

  /** Removes rendered pictures of images made before an instant, at most `limit`; they are rendered anew when asked for. */
  async removeProcessedOlderThan(ms: number, limit: number): Promise<number> {
    const keys = await analysisTable.processedBefore(this.db, ms, limit);
    for (const key of keys) await this.removeProcessed(key);
    return keys.length;
  }

  /** Removes the oldest images of cameras, at most `limit`; uploads stay. */
  async removeOldest(limit: number): Promise<number> {
    return this.remove(await imageTable.oldestOfCameras(this.db, limit, this.options.protected));
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
    const shas = leases ? await leases.withoutBlob(COLLECT_AT_ONCE) : [...this.#stray];
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
      leases ? leases.unlessHeld(sha256, removal) : removal(this.db),
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
