import type { Clock } from '../../../core/runtime/clock.js';
import { type BytePath, nameOf } from './byte-path.js';
import { byArrival } from './cursor-file.js';
import type { FileState, FolderFs } from './folder-fs.js';
import { type FolderPosition, MAX_PASSED } from './folder-position.js';
import { FolderTree, IS_SKIPPED_LINK } from './folder-tree.js';
import { type ImageFile, imageFileOf, isImageName, isSameState } from './image-files.js';
import { NOT_EXAMINED } from './name-table.js';
import { RecentMap } from './recent-map.js';
import { SkippedFiles, type SkipReason } from './skipped-files.js';
import { StepReader } from './step-reader.js';

/** Maximum number of files that wait in memory; the next look finds the others. */
const MAX_BATCH = 1_000;
/** Steps of one look, about as many calls of the file system: for changes, and for the backlog. */
const STEPS_FOR_CHANGES = 2_500;
const STEPS_FOR_BACKLOG = 5_000;
/** Time of a look for each of the two; the next look goes on. A small folder is read completely also on a busy machine. */
const STEPS_MS = 500;
const LEAST_STEPS = 64;
/** Contents that are known when they appear under another name. */
const MAX_IDENTITIES = 16_384;

/** A file that is not read yet. */
export interface Candidate {
  file: ImageFile;
  /** Its state at the last look. */
  seen: FileState | undefined;
  /** Whether two looks have found it alike. */
  isUnchanged: boolean;
  /** Whether it is of the backlog, not of the files that arrived while the folder was watched. */
  isSwept: boolean;
  /** Whether this look has found that it is not whole. */
  isTried: boolean;
  looks: number;
  /** Whether it was reported that it is never whole. */
  isReported?: boolean;
}

/** What became of a content. What was there at the start counts as skipped: it may have been. */
export type Known = 'analysed' | 'skipped';

interface Budget {
  /** With so many steps left or fewer, the time counts. */
  timedFrom: number;
  steps: number;
  endsAt: number;
  monotonic: Clock;
}

/**
 * Finds the files below a folder that were not read, new ones first. Each look takes a bounded number of steps: what the
 * kernel reported, then folders that changed, then a part of the backlog.
 */
export class FolderSearch {
  readonly #tree: FolderTree;
  readonly #pending = new Map<BytePath, Candidate>();
  readonly #identities = new RecentMap<number, Known>(MAX_IDENTITIES);
  readonly #skipped = new SkippedFiles();
  #ready: Candidate[] = [];
  /** Only what a look finds is compared by the next one. */
  #isLooking = false;
  #changes: StepReader<BytePath | undefined> | undefined;
  #sweep: StepReader<BytePath | undefined> | undefined;

  constructor(
    private readonly fs: FolderFs,
    private readonly position: FolderPosition,
    recursive: boolean,
    clock: Clock,
    private readonly monotonic: Clock,
  ) {
    this.#tree = new FolderTree(fs, recursive, clock, monotonic);
    this.#sweep = new StepReader(this.#tree.sweep());
  }

  close(): void {
    this.#tree.close();
    this.#changes?.close();
    this.#sweep?.close();
  }

  get unread(): ImageFile[] {
    return Array.from(this.#pending.values(), ({ file }) => file);
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
    this.#ready = this.#ready.filter(
      (candidate) => !candidate.isTried && this.#pending.get(candidate.file.path) === candidate,
    );
    return this.#ready;
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
      this.#order();
    }
    await this.#tree.removeEmptied();
  }

  /** Looks at the files of which the kernel reported a change, and at no other. */
  async lookAtReported(signal: AbortSignal): Promise<void> {
    if (await this.#examineReported(signal)) this.#order();
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
  drop({ file: { path } }: Candidate): void {
    this.#pending.delete(path);
    this.#skipped.delete(path);
  }

  removed(path: BytePath): void {
    this.#tree.emptied(path);
  }

  #movePosition({ isSwept }: Candidate, file: ImageFile): void {
    let passed = 0;
    for (const other of this.#pending.values())
      if (other.isSwept === isSwept)
        if (isSwept ? other.file.path > file.path : byArrival(other.file, file) < 0) passed++;
    // The saved position can name only so many files that were passed.
    if (passed > MAX_PASSED / 2) return;
    if (isSwept) this.position.sweptTo(file.path);
    else this.position.advance(file);
  }

  async #examineReported(signal: AbortSignal): Promise<boolean> {
    const paths = this.#tree.reported();
    for (const path of paths) {
      signal.throwIfAborted();
      await this.#examine(path, false);
    }
    return paths.length > 0;
  }

  #order(): void {
    const byOrder = (a: Candidate, b: Candidate): number => {
      if (a.isSwept !== b.isSwept) return a.isSwept ? 1 : -1;
      if (a.isSwept) return a.file.path < b.file.path ? 1 : -1;
      const isLink = ({ file }: Candidate) => Number(file.target !== file.path);
      return (
        a.file.changedMs - b.file.changedMs || isLink(a) - isLink(b) || byArrival(a.file, b.file)
      );
    };
    this.#ready = [...this.#pending.values()].sort(byOrder);
  }

  async #lookAtPending(signal: AbortSignal): Promise<void> {
    for (const candidate of [...this.#pending.values()]) {
      signal.throwIfAborted();
      const { path } = candidate.file;
      const found = await this.#find(path);
      candidate.isTried = found === 'unknown';
      if (found === undefined) this.drop(candidate);
      else if (found !== 'unknown') {
        candidate.isUnchanged = !!candidate.seen && isSameState(found.state, candidate.seen);
        candidate.seen = found.state;
        candidate.looks++;
        candidate.file = found;
      }
    }
  }

  async #followChanges(signal: AbortSignal): Promise<void> {
    const budget = budgetOf(STEPS_FOR_CHANGES, this.monotonic);
    this.#changes ??= new StepReader(this.#tree.changes());
    try {
      while (hasLeft(budget)) {
        const { done, value } = await this.#changes.next(signal);
        if (done) {
          this.#changes = undefined;
          break;
        }
        if (value !== undefined) await this.#examine(value, false);
      }
    } catch (error) {
      if (!signal.aborted) {
        this.#changes?.close();
        this.#changes = undefined;
      }
      throw error;
    }
    if (!this.#tree.wasReplaced()) return;
    this.#sweep?.close();
    if (this.#sweep) this.#sweep = new StepReader(this.#tree.sweep());
    this.#beginSweep();
  }

  async #followSweep(signal: AbortSignal): Promise<void> {
    const sweep = this.#sweep;
    if (!sweep) return;
    const budget = budgetOf(STEPS_FOR_BACKLOG, this.monotonic);
    let waiting = 0;
    for (const { isSwept } of this.#pending.values()) if (isSwept) waiting++;
    if (waiting >= MAX_PASSED / 2) return;
    try {
      while (hasLeft(budget) && this.#pending.size < MAX_BATCH) {
        const { done, value } = await sweep.next(signal);
        if (done) {
          this.#endSweep();
          return;
        }
        if (value !== undefined) await this.#examine(value, true);
      }
    } catch (error) {
      if (!signal.aborted) this.#sweep = new StepReader(this.#tree.sweep());
      throw error;
    }
  }

  /** A few files that are left are read in the order of their arrival. */
  #endSweep(): void {
    if (this.#pending.size > MAX_PASSED / 2) {
      this.#sweep = new StepReader(none());
      return;
    }
    for (const candidate of this.#pending.values()) candidate.isSwept = false;
    this.#sweep = undefined;
    this.#tree.isSwept = true;
    this.position.endSweep();
  }

  /** Too many files wait: the newest are read first, and a sweep finds the others. */
  #beginSweep(): void {
    if (this.#sweep) return;
    this.#tree.isSwept = false;
    this.position.beginSweep();
    const dropped: BytePath[] = [];
    for (const [path, { file }] of this.#pending)
      if (!this.position.isRead(file)) {
        this.position.found(file);
        dropped.push(path);
      }
    for (const path of dropped) {
      this.#tree.remember(path, NOT_EXAMINED);
      this.#pending.delete(path);
    }
    this.#sweep = new StepReader(this.#tree.sweep());
  }

  async #examine(path: BytePath, isSweep: boolean): Promise<void> {
    const file = await this.#find(path);
    const previous = this.#pending.get(path);
    if (file === 'unknown') return;
    if (!file) {
      if (previous) this.drop(previous);
      return;
    }
    const known = this.#tree.known(path);
    if (known === file.identity || known === file.version) return;
    const isOld =
      known === NOT_EXAMINED || (known === undefined && (isSweep || !this.#tree.isListed(path)));
    if (isOld && !previous && this.position.isRead(file)) {
      this.#tree.remember(path, file.identity, file.changedMs);
      this.#identities.set(file.identity, 'skipped');
    } else if (previous) {
      if (!isSameState(previous.file.state, file.state))
        this.#pending.set(path, { ...previous, file, isUnchanged: false, isTried: false });
    } else this.#add(file, isSweep);
  }

  #add(file: ImageFile, isSwept: boolean): void {
    if (isSwept) this.position.found(file);
    else if (this.#pending.size >= MAX_BATCH) {
      this.#beginSweep();
      if (this.#pending.size >= MAX_BATCH) {
        this.#tree.markDue(file.path);
        return;
      }
    }
    const seen = this.#isLooking ? file.state : undefined;
    const candidate = { file, seen, isUnchanged: false, isSwept, isTried: false, looks: 0 };
    this.#pending.set(file.path, candidate);
  }

  /** The image that a path leads to; undefined if there is none, `unknown` if it cannot be looked at now. */
  async #find(path: BytePath): Promise<ImageFile | 'unknown' | undefined> {
    try {
      const found = await this.fs.stat(path);
      if (found?.kind === 'folder') this.#tree.add(path);
      if (!isImageName(nameOf(path))) return undefined;
      if (found?.kind === 'file') return imageFileOf(path, path, found);
      return found?.kind === 'link' ? await this.#findTarget(path) : undefined;
    } catch {
      // One name that cannot be looked at costs only itself.
      this.#skipped.add(path, 'unreadable');
      return 'unknown';
    }
  }

  async #findTarget(path: BytePath): Promise<ImageFile | undefined> {
    const target = await this.fs.resolve(path).catch((error: NodeJS.ErrnoException) => {
      // The target is not there (yet), or the link leads to itself.
      if (error.code === 'ENOENT' || error.code === 'ELOOP') return path;
      throw error;
    });
    if (target === path || target === undefined) {
      if (target === undefined) this.#skipped.add(path, 'linkElsewhere');
      else this.#skipped.add(path, 'brokenLink');
      this.#tree.remember(path, IS_SKIPPED_LINK);
      return undefined;
    }
    const state = await this.fs.stat(target);
    return state?.kind === 'file' ? imageFileOf(path, target, state) : undefined;
  }
}

const budgetOf = (steps: number, monotonic: Clock): Budget => ({
  steps,
  timedFrom: steps - LEAST_STEPS,
  endsAt: monotonic() + STEPS_MS,
  monotonic,
});

const hasLeft = (budget: Budget) =>
  budget.steps-- > 0 && (budget.steps >= budget.timedFrom || budget.monotonic() < budget.endsAt);

async function* none(): AsyncGenerator<undefined, void, void> {}
