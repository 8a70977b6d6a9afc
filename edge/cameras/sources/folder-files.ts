import type { BytePath } from './byte-path.js';
import type { FolderPosition } from './folder-position.js';
import { type FolderTree, IS_SKIPPED } from './folder-tree.js';
import { type ImageFile, isSameState } from './image-files.js';
import type { ImageFinder } from './image-finder.js';
import { type Candidate, PendingFiles } from './pending-files.js';
import { RecentMap } from './recent-map.js';
import type { SkippedFiles, SkipReason } from './skipped-files.js';

/** Maximum number of new files that wait in memory. */
const MAX_ARRIVED = 1_000;
/** Files that may stay unread while the saved position moves on: each of them is saved by its path. */
export const MAX_PASSED = 50;
/** Contents that are known when they appear under another name. */
const MAX_IDENTITIES = 16_384;
/** Skipped files that one look looks at once more. */
const SKIPPED_A_LOOK = 10;

/** What became of a content. What was there at the start counts as skipped: it may have been. */
export type Known = 'analysed' | 'skipped';

export const isSwept = (candidate: Candidate): boolean => candidate.isSwept;
const isArrived = (candidate: Candidate): boolean => !candidate.isSwept;

/** The files below a watched folder: it decides whether one that is found was read, waits to be read, or is left to a sweep. */
export class FolderFiles {
  readonly pending = new PendingFiles();
  readonly #identities = new RecentMap<number, Known>(MAX_IDENTITIES);
  /** All files that arrived before this time have been looked at, or are left to a sweep. */
  examinedMs = -Number.MAX_VALUE;
  /** Only what a look finds is compared by the next one. */
  isLooking = false;

  constructor(
    private readonly tree: FolderTree,
    private readonly position: FolderPosition,
    private readonly finder: ImageFinder,
    private readonly skipped: SkippedFiles,
  ) {}

  /** Whether the content was read or skipped, under any name. */
  known({ identity }: ImageFile): Known | undefined {
    return this.#identities.get(identity);
  }

  /** Looks at the files that wait, and at some of those that were skipped. */
  async lookAgain(isNewRun: boolean, signal: AbortSignal): Promise<void> {
    for (const candidate of this.pending.all) {
      signal.throwIfAborted();
      const { path } = candidate.file;
      const found = await this.#find(path);
      candidate.isTried = found === 'unknown';
      if (found === undefined) this.pending.delete(path);
      else if (found !== 'unknown') lookedAt(candidate, found, isNewRun);
    }
    for (const path of this.skipped.next(SKIPPED_A_LOOK)) await this.examine(path, false);
  }

  async examine(path: BytePath, isSweep: boolean): Promise<void> {
    const file = await this.#find(path);
    const known = this.tree.known(path);
    const previous = this.pending.get(path);
    if (file === 'unknown') {
      if (!known && !previous) this.position.failed(path);
      return;
    }
    if (!file) {
      this.pending.delete(path);
      return;
    }
    if (known === file.identity || known === file.version) return;
    // A name that appeared in a folder after it was listed is new whatever the file's time is.
    const isNew = known === undefined && this.tree.of(path)?.isListed;
    if (previous) {
      if (!isSameState(previous.file.state, file.state))
        this.pending.set({ ...previous, file, isUnchanged: false, isTried: false });
    } else if (!known && !isNew && this.position.isRead(file)) {
      this.tree.remember(path, file.identity, file.changedMs);
      this.#identities.set(file.identity, 'skipped');
      this.skipped.delete(path);
    } else this.#add(file, isSweep);
  }

  /** The file was read, or is skipped for `reason`. */
  settle(candidate: Candidate, file: ImageFile, reason?: SkipReason): void {
    const { path } = file;
    if (this.pending.get(path) === candidate) this.pending.delete(path);
    this.tree.remember(path, reason ? file.version : file.identity, file.changedMs);
    if (reason) this.skipped.add(path, reason);
    else this.skipped.delete(path);
    // The same content is not read again under another name.
    if (reason !== 'unreadable')
      this.#identities.set(file.identity, reason ? 'skipped' : 'analysed');
    this.#movePosition(candidate, file);
  }

  /** The file is gone. */
  drop(path: BytePath): void {
    this.pending.delete(path);
    this.skipped.delete(path);
  }

  #movePosition({ isSwept }: Candidate, file: ImageFile): void {
    const { pending, position, examinedMs } = this;
    if (isSwept) {
      const isPassed = (other: Candidate) => other.isSwept && other.file.path > file.path;
      if (pending.count(isPassed) <= MAX_PASSED) position.sweptTo(file.path);
    }
    const isPassed = (other: Candidate) => !other.isSwept && other.file.changedMs < examinedMs;
    if (pending.count(isPassed) <= MAX_PASSED) position.examinedTo(examinedMs);
    position.read(file);
  }

  #add(file: ImageFile, isSweep: boolean): void {
    const { pending, position } = this;
    position.found(file);
    const isOfBacklog = isSweep && position.isSwept(file);
    if (!isOfBacklog && position.isLeft(file)) this.tree.leave(file.path);
    else if (!isOfBacklog && pending.count(isArrived) >= MAX_ARRIVED) this.#leave(file);
    else {
      const seen = this.isLooking ? file.state : undefined;
      const state = { isUnchanged: false, isSwept: isOfBacklog, isTried: false, looks: 0 };
      pending.set({ file, seen, ...state });
    }
  }

  /** Too many files wait: those that arrive from now on are read first, and a sweep finds the others. */
  #leave(last: ImageFile): void {
    for (const { file } of [{ file: last }, ...this.pending.all.filter(isArrived)]) {
      if (this.position.isExamined(file)) continue;
      this.pending.delete(file.path);
      this.tree.leave(file.path);
      this.position.leave(file);
    }
  }

  async #find(path: BytePath): Promise<ImageFile | 'unknown' | undefined> {
    const found = await this.finder.find(path);
    if (found === 'folder') this.tree.found(path, !this.tree.of(path)?.isListed);
    else if (found === 'skipped') this.tree.remember(path, IS_SKIPPED);
    else if (found === undefined) this.skipped.delete(path);
    else return found;
    return undefined;
  }
}

function lookedAt(candidate: Candidate, found: ImageFile, isNewRun: boolean): void {
  const isSame = !!candidate.seen && isSameState(found.state, candidate.seen);
  if (!isSame) candidate.isUnchanged = false;
  else if (isNewRun) candidate.isUnchanged = true;
  if (isNewRun) candidate.looks++;
  candidate.seen = found.state;
  candidate.file = found;
}
