import type { Clock } from '../../../core/runtime/clock.js';
import type { BytePath } from './byte-path.js';
import { EmptiedFolders } from './emptied-folders.js';
import { FileSystemClock } from './file-system-clock.js';
import { FolderChanges } from './folder-changes.js';
import { FolderFiles, isSwept, MAX_PASSED } from './folder-files.js';
import type { FolderFs } from './folder-fs.js';
import type { FolderPosition } from './folder-position.js';
import { sweep } from './folder-sweep.js';
import { FolderTree } from './folder-tree.js';
import { FolderWatcher } from './folder-watcher.js';
import { ImageFinder } from './image-finder.js';
import { SkippedFiles, type SkipReason } from './skipped-files.js';
import { StepBudget } from './step-budget.js';
import { StepReader } from './step-reader.js';

/** Maximum number of files in memory up to which a sweep goes on. */
const MAX_BATCH = 1_000;
/** Steps of one look, about as many calls of the file system: for changes, and for the backlog. */
const STEPS_FOR_CHANGES = 2_500;
const STEPS_FOR_BACKLOG = 5_000;

/**
 * Finds the files below a folder that were not read, new ones first. Each look takes a bounded number of steps: what the
 * kernel reported, then folders that changed, then a part of the backlog.
 */
export class FolderSearch {
  readonly files: FolderFiles;
  readonly #clock: FileSystemClock;
  readonly #watcher: FolderWatcher;
  readonly #tree: FolderTree;
  readonly #changes: FolderChanges;
  readonly #emptied: EmptiedFolders;
  readonly #skipped = new SkippedFiles();
  /** One pass over what may have changed; it can take several looks. */
  #pass: StepReader<BytePath | undefined> | undefined;
  #sweep: StepReader<BytePath | undefined> | undefined;

  constructor(
    private readonly fs: FolderFs,
    private readonly position: FolderPosition,
    recursive: boolean,
    now: Clock,
    private readonly monotonic: Clock,
  ) {
    this.#clock = new FileSystemClock(now);
    this.#watcher = new FolderWatcher(fs);
    this.#tree = new FolderTree(recursive, now, this.#watcher);
    const clocks = { now, monotonic, files: this.#clock };
    this.#changes = new FolderChanges(fs, this.#tree, this.#watcher, clocks);
    this.#emptied = new EmptiedFolders(fs, this.#tree, now);
    const finder = new ImageFinder(fs, this.#clock, this.#skipped);
    this.files = new FolderFiles(this.#tree, position, finder, this.#skipped);
    this.#sweep = this.#newSweep();
  }

  close(): void {
    this.#watcher.close();
    this.#pass?.close();
    this.#sweep?.close();
  }

  get backlog() {
    const reasons: Partial<Record<SkipReason, number>> = { ...this.#skipped.counts };
    for (const [reason, count] of Object.entries(this.#tree.counts) as [SkipReason, number][])
      if (count > 0) reasons[reason] = (reasons[reason] ?? 0) + count;
    const skipped = Object.values(reasons).reduce((sum, count) => sum + count, 0);
    return { waiting: this.files.pending.size, skipped, reasons };
  }

  /** Only the looks of two runs show that a file does not change. */
  async look(isNewRun: boolean, signal: AbortSignal): Promise<void> {
    this.files.isLooking = true;
    try {
      await this.files.lookAgain(isNewRun, signal);
      await this.#examineReported(signal);
      await this.#followChanges(signal);
      await this.#followSweep(signal);
    } finally {
      this.files.isLooking = false;
      this.#endLook();
    }
    await this.#emptied.removeAll();
  }

  /** Looks at what has changed, but not at the backlog. */
  async lookAtChanges(signal: AbortSignal): Promise<void> {
    try {
      await this.#examineReported(signal);
      await this.#followChanges(signal);
    } finally {
      this.#endLook();
    }
  }

  /** Looks at the files of which the kernel reported a change, and at no other. */
  async lookAtReported(signal: AbortSignal): Promise<void> {
    if (await this.#examineReported(signal)) this.files.pending.order();
  }

  removed(path: BytePath): void {
    this.#emptied.removed(path);
  }

  /** The clock was set back by `-stepMs`. */
  moveBack(stepMs: number): void {
    this.#clock.moveBack(stepMs);
    this.#tree.moveBack(stepMs);
    this.files.examinedMs += stepMs;
    this.position.moveBack(stepMs);
  }

  async #examineReported(signal: AbortSignal): Promise<boolean> {
    const paths = this.#changes.reported();
    for (const path of paths) {
      signal.throwIfAborted();
      await this.files.examine(path, false);
    }
    return paths.length > 0;
  }

  async #followChanges(signal: AbortSignal): Promise<void> {
    const budget = new StepBudget(STEPS_FOR_CHANGES, this.monotonic);
    this.#pass ??= new StepReader(this.#changes.paths());
    try {
      while (budget.take()) {
        const { done, value } = await this.#pass.next(signal);
        if (this.#changes.wasReplaced()) this.#startAgain();
        if (done) {
          this.#endPass();
          return;
        }
        if (value !== undefined) await this.files.examine(value, false);
      }
    } catch (error) {
      if (!signal.aborted) {
        this.#pass.close();
        this.#pass = undefined;
      }
      throw error;
    }
  }

  #endPass(): void {
    this.#pass = undefined;
    this.#tree.endStart();
    this.position.endStart(this.#clock.latestMs);
  }

  /** Another folder has taken the place of the watched one. */
  #startAgain(): void {
    this.position.startAgain();
    this.#beginSweep();
  }

  async #followSweep(signal: AbortSignal): Promise<void> {
    if (!this.#sweep && this.position.isSweepNeeded) this.#beginSweep();
    const current = this.#sweep;
    const { pending } = this.files;
    if (!current || pending.count(isSwept) >= MAX_PASSED) return;
    const budget = new StepBudget(STEPS_FOR_BACKLOG, this.monotonic);
    try {
      while (budget.take() && pending.size < MAX_BATCH) {
        const { done, value } = await current.next(signal);
        if (done) {
          this.#endSweep();
          return;
        }
        if (value !== undefined) await this.files.examine(value, true);
      }
    } catch (error) {
      if (!signal.aborted) this.#sweep = this.#newSweep();
      throw error;
    }
  }

  #newSweep(): StepReader<BytePath | undefined> {
    return new StepReader(sweep(this.fs, this.#tree));
  }

  #beginSweep(): void {
    this.position.beginSweep();
    this.#tree.isSwept = false;
    this.#sweep?.close();
    this.#sweep = this.#newSweep();
  }

  /** A few files that are left are read in the order of their arrival. */
  #endSweep(): void {
    const { pending } = this.files;
    if (pending.count(isSwept) > MAX_PASSED) {
      this.#sweep = new StepReader(none());
      return;
    }
    for (const candidate of pending.all) candidate.isSwept = false;
    this.#tree.endStart();
    this.position.endSweep();
    this.#sweep = undefined;
    if (this.position.isSweepNeeded) this.#beginSweep();
    else this.#tree.isSwept = true;
  }

  #endLook(): void {
    const { tree, position } = { tree: this.#tree, position: this.position };
    // What is in folders that cannot be read is left to the sweep after they can.
    for (const path of tree.takeReopened()) position.reopened(path);
    for (const { path, isUnreadable, examinedMs } of tree.all)
      if (isUnreadable) position.closed(path, examinedMs);
    this.files.examinedMs = tree.examinedMs;
    this.files.pending.order();
  }
}

async function* none(): AsyncGenerator<undefined, void, void> {}
