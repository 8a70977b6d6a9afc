import type { Kysely } from 'kysely';
import {
  type ClockEra,
  type ClockEras,
  earliestOf,
  erasAfter,
  nowFor,
} from '../runtime/clock-eras.js';
import type { Service } from '../runtime/lifecycle.js';
import { Batcher } from '../store/batcher.js';
import { commitInGroups, type Outcome } from '../store/commit-in-groups.js';
import type { FileStore } from '../store/file-store.js';
import { isStorageFailure, storageProblem } from '../store/storage-failure.js';
import { type Transaction, unitOfWork } from '../store/unit-of-work.js';
import type { SourcedAnalysis } from './analyser.js';
import { analysisTable } from './analysis-table.js';
import { BlobCollector } from './blob-collector.js';
import { BlobGuard } from './blob-guard.js';
import type { BlobLeases } from './blob-leases.js';
import { blobTable } from './blob-table.js';
import type { DiskBudget } from './disk-budget.js';
import { originalKey, processedKey } from './image-keys.js';
import { imageLabelTable } from './image-label-table.js';
import { imageTable, type ProtectedImages } from './image-table.js';
import { type BlobRow, type ImageRow, type ImageTables, imageTables } from './tables.js';

export interface ImageStoreOptions {
  /** If other processes work on the same rows and files. */
  leases?: BlobLeases | undefined;
  /** Images that are removed neither for their age nor for the disk budget. */
  protected?: ProtectedImages | undefined;
  /** When the clock was set. */
  eras?: ClockEras | undefined;
  /** Called when the last image with these bytes was removed. */
  onBytesRemoved?: ((sha256: string) => Promise<void>) | undefined;
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

/**
 * Keeps rows and files of images consistent: a file is stored before a row refers to it, and removed after the last
 * row that did. `collect` removes what remains in between.
 */
export class ImageStore implements Service {
  readonly name = 'images';
  readonly guard = new BlobGuard();
  readonly #commits: Batcher<ImageEntry<unknown>, Outcome<unknown>>;
  readonly #collector: BlobCollector;

  constructor(
    readonly db: Kysely<ImageTables>,
    private readonly files: FileStore,
    readonly budget: DiskBudget,
    private readonly options: ImageStoreOptions = {},
  ) {
    const { guard } = this;
    this.#collector = new BlobCollector({
      ...{ db, files, budget, guard },
      leases: options.leases,
      onRemoved: options.onBytesRemoved,
    });
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
      this.#collector.addStray(sha256);
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

  /** Stores a rendered image if there is space for it; otherwise it is rendered again the next time. */
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

  removeProcessed(key: string): Promise<void> {
    return this.#collector.removeProcessed(key);
  }

  /** Removes images, and what only they referred to. Resolves with their number. */
  async remove(ids: string[]): Promise<number> {
    if (ids.length === 0) return 0;
    const removed = await imageTable.remove(this.db, ids);
    for (const sha256 of new Set(removed.map((row) => row.sha256)))
      await this.#collector.collect(sha256);
    return removed.length;
  }

  /** Images that have expired, at most `limit`. */
  expired(now: number, limit: number): Promise<string[]> {
    return imageTable.expired(this.db, now, limit, this.#eras(), this.options.protected);
  }

  /** Whether an image has expired at a time of the present clock. */
  hasExpired({ created_at, expires_at }: ImageRow, now: number): boolean {
    return (
      expires_at != null && Number(expires_at) <= nowFor(Number(created_at), now, this.#eras())
    );
  }

  /** Removes images made before a time, at most `limit`. What was stored before the clock was set keeps its true age. */
  async removeOlderThan(ms: number, limit: number): Promise<number> {
    const eras = this.#eras();
    return this.remove(
      await imageTable.olderThan(this.db, ms, limit, eras, this.options.protected),
    );
  }

  #eras(): ClockEra[] {
    return this.options.eras?.() ?? [];
  }

  /** Removes rendered images made before a time, at most `limit`; they are rendered again on request. */
  async removeProcessedOlderThan(ms: number, limit: number): Promise<number> {
    const before = earliestOf(ms, erasAfter(ms, this.#eras()));
    const keys = await analysisTable.processedBefore(this.db, before, limit);
    for (const key of keys) await this.removeProcessed(key);
    return keys.length;
  }

  /** Removes the oldest images of cameras, at most `limit`; uploads stay. */
  async removeOldest(limit: number): Promise<number> {
    return this.remove(await imageTable.oldestOfCameras(this.db, limit, this.options.protected));
  }

  /** Removes bytes that an earlier removal skipped because they were in use, and those that a crash left. */
  async collect(): Promise<void> {
    await this.#collector.collectAll();
    // Other processes have added and removed bytes too.
    if (this.options.leases) await this.#measure();
  }
}
