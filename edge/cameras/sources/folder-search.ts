import type { Clock } from '../../../core/runtime/clock.js';
import type { BytePath } from './byte-path.js';
import { EmptiedFolders } from './emptied-folders.js';
import { FileSystemClock } from './file-system-clock.js';
import { FolderChanges } from './folder-changes.js';
import type { FolderFs } from './folder-fs.js';
import type { FolderPosition } from './folder-position.js';
import { sweep } from './folder-sweep.js';
import { FolderTree, IS_SKIPPED_LINK } from './folder-tree.js';
import { FolderWatcher } from './folder-watcher.js';
import { type ImageFile, isSameState } from './image-files.js';
import { ImageFinder } from './image-finder.js';
import { type Candidate, PendingFiles } from './pending-files.js';
import { RecentMap } from './recent-map.js';
import { SkippedFiles, type SkipReason } from './skipped-files.js';
import { StepBudget } from './step-budget.js';
import { StepReader } from './step-reader.js';

/** Maximum number of new files that wait in memory, and of files of the backlog. */
const MAX_BATCH = 1_000;
/** Files that may stay unread while the saved position moves on: each of them is saved by its path. */
const MAX_PASSED = 50;
/** Steps of one look, about as many calls of the file system: for changes, and for the backlog. */
const STEPS_FOR_CHANGES = 2_500;
const STEPS_FOR_BACKLOG = 5_000;
/** Contents that are known when they appear under another name. */
const MAX_IDENTITIES = 16_384;

/** What became of a content. What was there at the start counts as skipped: it may have been. */
export type Known = 'analysed' | 'skipped';

/**
 * Finds the files below a folder that were not read, new ones first. Each look takes a bounded number of steps: what the
 * kernel reported, then folders that changed, then a part of the backlog.
 */
export class FolderSearch {
  readonly #clock: FileSystemClock;
  readonly #watcher: FolderWatcher;
  readonly #tree: FolderTree;
  readonly #changes: FolderChanges;
  readonly #finder: ImageFinder;
  readonly #emptied: EmptiedFolders;
  readonly #pending = new PendingFiles();
  readonly #identities = new RecentMap<number, Known>(MAX_IDENTITIES);
  readonly #skipped = new SkippedFiles();
  /** As it was at the end of the last look. */
  #examinedMs = -Number.MAX_VALUE;
  /** Only what a look finds is compared by the next one. */
  #isLooking = false;
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
    this.#finder = new ImageFinder(fs, this.#clock, this.#skipped);
    this.#emptied = new EmptiedFolders(fs, this.#tree, now);
    this.#sweep = this.#newSweep();
  }

  close(): void {
    this.#watcher.close();
    this.#pass?.close();
    this.#sweep?.close();
  }

  get unread(): ImageFile[] {
    return this.#pending.all.map(({ file }) => file);
  }

  get backlog() {
    const { others, ignored, unreadable } = this.#tree.counts;
    const reasons: Partial<Record<SkipReason, number>> = { ...this.#skipped.counts };
    if (others > 0) reasons.otherExtension = others;
    if (ignored > 0) reasons.tooManyFolders = ignored;
    if (unreadable > 0) reasons.unreadable = (reasons.unreadable ?? 0) + unreadable;
    const skipped = Object.values(reasons).reduce((sum, count) => sum + count, 0);
    return { waiting: this.#pending.size, skipped, reasons };
  }

  /** Candidates in the order in which they are to be read; those that were tried are left out. */
  get ready(): Candidate[] {
    return this.#pending.ready;
  }

  /** Whether the content was read or skipped, under any name. */
  known({ identity }: ImageFile): Known | undefined {
    return this.#identities.get(identity);
  }

  async look(signal: AbortSignal): Promise<void> {
    this.#isLooking = true;
    try {
      await this.#lookAtPending(signal);
      await this.#examineReported(signal);
      await this.#followChanges(signal);
      await this.#followSweep(signal);
    } finally {
      this.#isLooking = false;
      this.#followFolders();
      this.#pending.order();
    }
    await this.#emptied.removeAll();
  }

  /** Looks at the files of which the kernel reported a change, and at no other. */
  async lookAtReported(signal: AbortSignal): Promise<void> {
    if (await this.#examineReported(signal)) this.#pending.order();
  }

  /** The file was read, or is skipped for `reason`. */
  settle(candidate: Candidate, file: ImageFile, reason?: SkipReason): void {
    const { path } = file;
    if (this.#pending.get(path) === candidate) this.#pending.delete(path);
    this.#tree.remember(path, reason ? file.version : file.identity, file.changedMs);
    if (reason) this.#skipped.add(path, reason);
    else this.#skipped.delete(path);
    // The same content is not read again under another name.
    if (reason !== 'unreadable')
      this.#identities.set(file.identity, reason ? 'skipped' : 'analysed');
    this.#movePosition(candidate, file);
  }

  /** The file is gone. */
  drop(path: BytePath): void {
    this.#pending.delete(path);
    this.#skipped.delete(path);
  }

  removed(path: BytePath): void {
    this.#emptied.removed(path);
  }

  /** The clock was set back by `-stepMs`. */
  moveBack(stepMs: number): void {
    this.#clock.moveBack(stepMs);
    this.#tree.moveBack(stepMs);
    this.position.moveBack(stepMs);
  }

  #movePosition({ isSwept }: Candidate, file: ImageFile): void {
    if (isSwept) {
      const isPassed = (other: Candidate) => other.isSwept && other.file.path > file.path;
      if (this.#pending.count(isPassed) <= MAX_PASSED) this.position.sweptTo(file.path);
    }
    const examinedMs = this.#examinedMs;
    const isPassed = (other: Candidate) => !other.isSwept && other.file.changedMs < examinedMs;
    if (this.#pending.count(isPassed) <= MAX_PASSED) this.position.examinedTo(examinedMs);
    this.position.read(file);
  }

  async #lookAtPending(signal: AbortSignal): Promise<void> {
    for (const candidate of this.#pending.all) {
      signal.throwIfAborted();
      const { path } = candidate.file;
      const found = await this.#find(path);
      candidate.isTried = found === 'unknown';
      if (found === undefined) this.#pending.delete(path);
      else if (found !== 'unknown') {
        candidate.isUnchanged = !!candidate.seen && isSameState(found.state, candidate.seen);
        candidate.seen = found.state;
        candidate.looks++;
        candidate.file = found;
      }
    }
  }

  async #examineReported(signal: AbortSignal): Promise<boolean> {
    const paths = this.#changes.reported();
    for (const path of paths) {
      signal.throwIfAborted();
      await this.#examine(path, false);
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
        if (value !== undefined) await this.#examine(value, false);
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

  #startAgain(): void {
    this.position.startAgain();
    this.#beginSweep();
  }

  /** What is in folders that cannot be read is left to the sweep after they can. */
  #followFolders(): void {
    for (const path of this.#tree.takeReopened()) this.position.reopened(path);
    for (const { path, isUnreadable, examinedMs } of this.#tree.all)
      if (isUnreadable) this.position.closed(path, examinedMs);
    this.#examinedMs = this.#tree.examinedMs;
  }

  #beginSweep(): void {
    this.position.beginSweep();
    this.#tree.isSwept = false;
    this.#sweep?.close();
    this.#sweep = this.#newSweep();
  }

  #newSweep(): StepReader<BytePath | undefined> {
    return new StepReader(sweep(this.fs, this.#tree));
  }

  async #followSweep(signal: AbortSignal): Promise<void> {
    if (!this.#sweep && this.position.isSweepNeeded) this.#beginSweep();
    const current = this.#sweep;
    if (!current || this.#pending.count(isSwept) >= MAX_PASSED) return;
    const budget = new StepBudget(STEPS_FOR_BACKLOG, this.monotonic);
    try {
      while (budget.take() && this.#pending.size < MAX_BATCH) {
        const { done, value } = await current.next(signal);
        if (done) {
          this.#endSweep();
          return;
        }
        if (value !== undefined) await this.#examine(value, true);
      }
    } catch (error) {
      if (!signal.aborted) this.#sweep = this.#newSweep();
      throw error;
    }
  }

  /** A few files that are left are read in the order of their arrival. */
  #endSweep(): void {
    if (this.#pending.count(isSwept) > MAX_PASSED) {
      this.#sweep = new StepReader(none());
      return;
    }
    for (const candidate of this.#pending.all) candidate.isSwept = false;
    this.#tree.endStart();
    this.position.endSweep();
    this.#sweep = undefined;
    if (this.position.isSweepNeeded) this.#beginSweep();
    else this.#tree.isSwept = true;
  }

  async #examine(path: BytePath, isSweep: boolean): Promise<void> {
    const file = await this.#find(path);
    const known = this.#tree.known(path);
    if (file === 'unknown') {
      if (!known) this.position.failed(path);
      return;
    }
    if (!file) {
      this.#pending.delete(path);
      return;
    }
    if (known === file.identity || known === file.version) return;
    const previous = this.#pending.get(path);
    // A name that appeared in a folder after it was listed is new whatever the file's time is.
    const isNew = known === undefined && this.#tree.of(path)?.isListed;
    if (previous) {
      if (!isSameState(previous.file.state, file.state))
        this.#pending.set({ ...previous, file, isUnchanged: false, isTried: false });
    } else if (!known && !isNew && this.position.isRead(file)) {
      this.#tree.remember(path, file.identity, file.changedMs);
      this.#identities.set(file.identity, 'skipped');
      this.#skipped.delete(path);
    } else this.#add(file, isSweep);
  }

  #add(file: ImageFile, isSweep: boolean): void {
    this.position.found(file);
    const isOfBacklog = isSweep && this.position.isSwept(file);
    if (!isOfBacklog && this.position.isLeft(file)) this.#tree.leave(file.path);
    else if (!isOfBacklog && this.#pending.count(isArrived) >= MAX_BATCH) this.#leave(file);
    else {
      const seen = this.#isLooking ? file.state : undefined;
      const state = { isUnchanged: false, isSwept: isOfBacklog, isTried: false, looks: 0 };
      this.#pending.set({ file, seen, ...state });
    }
  }

  /** Too many files wait: those that arrive from now on are read first, and a sweep finds the others. */
  #leave(last: ImageFile): void {
    for (const { file } of [{ file: last }, ...this.#pending.all.filter(isArrived)]) {
      if (this.position.isExamined(file)) continue;
      this.#pending.delete(file.path);
      this.#tree.leave(file.path);
      this.position.leave(file);
    }
  }

  async #find(path: BytePath): Promise<ImageFile | 'unknown' | undefined> {
    const found = await this.#finder.find(path);
    if (found === 'folder') this.#tree.found(path, !this.#tree.of(path)?.isListed);
    else if (found === 'skippedLink') this.#tree.remember(path, IS_SKIPPED_LINK);
    else if (found === undefined) this.#skipped.delete(path);
    else return found;
    return undefined;
  }
}

const isSwept = (candidate: Candidate) => candidate.isSwept;
const isArrived = (candidate: Candidate) => !candidate.isSwept;

async function* none(): AsyncGenerator<undefined, void, void> {}
