import type { Clock } from '../../../core/runtime/clock.js';
import { type BytePath, joinPath, nameOf } from './byte-path.js';
import type { FileSystemClock } from './file-system-clock.js';
import type { FileState, FolderFs } from './folder-fs.js';
import type { Folder, FolderTree } from './folder-tree.js';
import type { FolderWatcher } from './folder-watcher.js';
import { isHidden, isImageName } from './image-files.js';
import { hashOf, NameTable, NOT_EXAMINED } from './name-table.js';

/** Folders that changed last, and are asked for their time in each pass. */
const ACTIVE_FOLDERS = 32;
/** Other folders that one pass asks; the next pass asks the next ones. */
const FOLDERS_A_PASS = 200;
/** Names of a folder that are looked at once more when it is listed, for changes that nothing reports. */
const NAMES_AGAIN = 500;
const LIST_AGAIN_MS = 60_000;
/** A folder of 300,000 names is listed at most every 15 s. */
const PAUSE_MS_A_NAME = 0.05;
/** More than the precision of a file system's times. */
const TIME_PRECISION_MS = 2_000;
/** A folder is in use if something came into it within this time. */
const IN_USE_MS = 600_000;

interface Clocks {
  now: Clock;
  monotonic: Clock;
  /** The clock of the file system. */
  files: FileSystemClock;
}

/** Finds out what may have changed below a watched folder: it asks for the folders' times, and lists those that changed. */
export class FolderChanges {
  #rootState: FileState | undefined;
  #isReplaced = false;
  /** Where the next pass goes on among the folders that are not active. */
  #turn = 0;

  constructor(
    private readonly fs: FolderFs,
    private readonly tree: FolderTree,
    private readonly watcher: FolderWatcher,
    private readonly clocks: Clocks,
  ) {}

  /** Paths of which the kernel reported a change. */
  reported(): BytePath[] {
    const { paths, unclear } = this.watcher.take();
    for (const path of unclear) {
      const folder = this.tree.get(path);
      if (folder) folder.isDue = true;
    }
    return paths.filter((path) => !isHidden(nameOf(path)));
  }

  /** Whether another folder has taken the place of the watched one since the last call. */
  wasReplaced(): boolean {
    const isReplaced = this.#isReplaced;
    this.#isReplaced = false;
    return isReplaced;
  }

  /** One pass: paths that may be new or changed; undefined after each step that found none. */
  async *paths(): AsyncGenerator<BytePath | undefined> {
    yield* this.#pathsIn(this.tree.root);
    const plan = this.#plan();
    const asked = new Set([this.tree.root]);
    for (let next = this.#next(plan); next; next = this.#next(plan)) {
      if (asked.has(next)) continue;
      asked.add(next);
      try {
        yield* this.#pathsIn(next);
      } catch {
        this.tree.close(next);
      }
      yield undefined;
    }
  }

  /** New folders first. */
  #next(plan: Folder[]): Folder | undefined {
    const unlisted = this.tree.takeUnlisted();
    if (unlisted) return unlisted;
    for (let next = plan.shift(); next; next = plan.shift())
      if (this.tree.get(next.path) === next) return next;
    return undefined;
  }

  #plan(): Folder[] {
    const timeOf = ({ modifiedMs = 0 }: Folder) => modifiedMs;
    const others = [...this.tree.all].filter(({ modifiedMs }) => modifiedMs !== undefined);
    others.sort((a, b) => Number(b.isDue) - Number(a.isDue) || timeOf(b) - timeOf(a));
    const active = others.splice(0, ACTIVE_FOLDERS);
    const from = this.#turn % Math.max(1, others.length);
    const inTurn = [...others.slice(from), ...others.slice(0, from)].slice(0, FOLDERS_A_PASS);
    this.#turn = from + inTurn.length;
    return [...active, ...inTurn];
  }

  async *#pathsIn(folder: Folder): AsyncGenerator<BytePath | undefined> {
    const { tree, clocks } = this;
    const state = await this.fs.stat(folder.path);
    let listed = folder;
    if (folder === tree.root) listed = await this.#checkRoot(state);
    else if (state?.kind !== 'folder') {
      tree.forget(folder.path);
      return;
    }
    if (state) clocks.files.saw(state.changedMs);
    if (!this.#isDue(listed, state)) return;
    const examinedMs = clocks.files.earliestMs;
    listed.modifiedMs = state?.modifiedMs ?? 0;
    listed.listedAt = clocks.monotonic();
    // What arrives within the precision of the folder's time does not change it again.
    listed.isDue = Math.abs(clocks.now() - listed.modifiedMs) < TIME_PRECISION_MS;
    this.watcher.watch(listed.path, listed.modifiedMs);
    yield* this.#list(listed);
    tree.listed(listed, examinedMs);
  }

  /** The root of the tree, which is a new one if another file system was mounted here. */
  async #checkRoot(state: FileState | undefined): Promise<Folder> {
    const before = this.#rootState;
    if (!state || (state.inode === before?.inode && state.device === before.device))
      return this.tree.root;
    this.#rootState = state;
    this.clocks.files.isLocal = await this.fs.isWatchable().catch(() => false);
    this.watcher.isWatchable = this.clocks.files.isLocal;
    if (!before) return this.tree.root;
    this.tree.replace();
    this.#isReplaced = true;
    return this.tree.root;
  }

  #isDue(folder: Folder, state: FileState | undefined): boolean {
    const { listedAt, count, arrivedMs } = folder;
    const sinceMs = this.clocks.monotonic() - listedAt;
    if (sinceMs < count * PAUSE_MS_A_NAME && count > NAMES_AGAIN) return false;
    const isChanged = folder.modifiedMs !== state?.modifiedMs;
    if (isChanged || folder.isDue || sinceMs >= LIST_AGAIN_MS) return true;
    // Small folders are looked at each time if they are in use, or the only one.
    const isInUse = folder.path === '' || this.clocks.now() - arrivedMs < IN_USE_MS;
    return count <= NAMES_AGAIN && isInUse;
  }

  async *#list(folder: Folder): AsyncGenerator<BytePath | undefined> {
    const { tree } = this;
    const slices = Math.max(1, Math.ceil(folder.count / NAMES_AGAIN));
    const slice = folder.slice++ % slices;
    const present = folder.names.size > 2 * folder.count + 1_000 ? new NameTable() : undefined;
    let [count, others, tooDeep] = [0, 0, 0];
    for await (const { name, kind } of this.fs.entries(folder.path)) {
      if (++count % 1_000 === 0) yield undefined;
      const path = joinPath(folder.path, name);
      present?.set(name, NOT_EXAMINED);
      if (kind === 'folder') {
        tree.found(path, tree.isInitial(folder));
        tooDeep += Number(tree.isTooDeep(path));
      } else if (isImageName(name)) {
        const known = folder.names.get(name);
        const isItsTurn = hashOf(name) % slices === slice;
        if (known === undefined && tree.isInitial(folder)) tree.leave(path);
        else if (known === undefined || (isItsTurn && (known || tree.isSwept))) yield path;
      } else if (!isHidden(name)) others++;
    }
    Object.assign(folder, { count, others, tooDeep });
    if (present) folder.names.keepOnly(present);
  }
}
