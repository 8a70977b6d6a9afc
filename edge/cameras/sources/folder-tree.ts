import { type BytePath, joinPath, nameOf, parentOf } from './byte-path.js';
import type { FileState, FolderFs } from './folder-fs.js';
import { FolderWatcher } from './folder-watcher.js';
import { depthOf, isHidden, isImageName, isSearchedFolder } from './image-files.js';
import { hashOf, NameTable, NOT_EXAMINED } from './name-table.js';

export const MAX_FOLDERS = 20_000;
/** Folders that changed last, and are looked at each time. */
const ACTIVE_FOLDERS = 32;
/** Other folders that one look asks for their time; the next look asks the next ones. */
const FOLDERS_A_LOOK = 200;
/** Names of a folder that are looked at once more when it is listed, for changes that nothing reports. */
const NAMES_AGAIN = 500;
const LIST_AGAIN_MS = 60_000;
/** A folder of 300,000 names is listed at most every 15 s. */
const PAUSE_MS_A_NAME = 0.05;
/** More than the precision of a file system's times. */
const TIME_PRECISION_MS = 2_000;
/** A folder of a date is of the past if nothing came into it for this long, and there is a later one. */
const PAST_AFTER_MS = 86_400_000;
/** A folder is in use if something came into it within this time. */
const IN_USE_MS = 600_000;
/** As folders by date, time or channel are named. */
const DATED_NAME = /^[\d_-]+$/;
/** In place of a file's identity. */
const IS_FOLDER = 1;
export const IS_SKIPPED_LINK = 2;

interface Folder {
  path: BytePath;
  names: NameTable;
  /** Names that were found when it was there at the start are looked at by the sweep. */
  isInitial: boolean;
  /** The folder's time before it was listed last; undefined if it was not. */
  modifiedMs?: number;
  listedAt: number;
  isDue: boolean;
  /** Whether all its names are known. */
  isListed: boolean;
  /** Names in it, as listed last. */
  count: number;
  /** Files in it that are no images by their name. */
  others: number;
  slice: number;
  arrivedMs: number;
}

/** The folders below a watched folder, and the names in them. It asks for what may have changed, and not for the rest. */
export class FolderTree {
  readonly #folders = new Map<BytePath, Folder>();
  readonly #watcher: FolderWatcher;
  /** Folders out of which a file was removed. */
  readonly #emptied = new Set<BytePath>();
  readonly #unreadable = new Set<BytePath>();
  /** Folders of this look that were not asked yet. */
  #plan: Folder[] = [];
  readonly #unlisted = new Set<Folder>();
  /** Folders beyond the limit, which are not looked into. */
  #ignored = 0;
  #turn = 0;
  #root: FileState | undefined;
  #isReplaced = false;
  /** Whether all names that were there at the start were looked at. */
  isSwept = false;

  constructor(
    private readonly fs: FolderFs,
    private readonly recursive: boolean,
    private readonly now: () => number,
    private readonly monotonic: () => number,
  ) {
    this.#watcher = new FolderWatcher(fs);
    this.#track('', true);
  }

  get counts() {
    let others = 0;
    for (const folder of this.#folders.values()) others += folder.others;
    return { others, ignored: this.#ignored, unreadable: this.#unreadable.size };
  }

  /** Whether another folder has taken the place of this one since the last call. */
  wasReplaced(): boolean {
    const isReplaced = this.#isReplaced;
    this.#isReplaced = false;
    return isReplaced;
  }

  close(): void {
    this.#watcher.close();
  }

  known(path: BytePath): number | undefined {
    return this.#folders.get(parentOf(path) ?? '')?.names.get(nameOf(path));
  }

  /** `identity` of the file that was looked at under this path. */
  remember(path: BytePath, identity: number, arrivedMs = 0): void {
    const folder = this.#folders.get(parentOf(path) ?? '');
    folder?.names.set(nameOf(path), identity);
    if (folder) folder.arrivedMs = Math.max(folder.arrivedMs, arrivedMs);
  }

  /** The folder of this path is listed again. */
  markDue(path: BytePath): void {
    const folder = this.#folders.get(parentOf(path) ?? '');
    if (folder) folder.isDue = true;
  }

  /** A new folder, which the watcher reported. */
  add(path: BytePath): void {
    const parent = this.#folders.get(parentOf(path) ?? '');
    if (parent) this.#found(parent, path, !parent.isListed);
  }

  /** Whether a name in the folder of this path that is not known is a new one. */
  isListed(path: BytePath): boolean {
    return this.#folders.get(parentOf(path) ?? '')?.isListed === true;
  }

  /** Paths of which the kernel reported a change. */
  reported(): BytePath[] {
    const { paths, unclear } = this.#watcher.take();
    for (const path of unclear) {
      const folder = this.#folders.get(path);
      if (folder) folder.isDue = true;
    }
    return paths.filter((path) => !isHidden(nameOf(path)));
  }

  /** Paths that may be new or changed; undefined after each step that found none. */
  async *changes(): AsyncGenerator<BytePath | undefined> {
    const asked = new Set<Folder>();
    for (let next = this.#nextToAsk(asked); next; next = this.#nextToAsk(asked)) {
      asked.add(next);
      try {
        yield* this.#changesIn(next);
      } catch (error) {
        if (next.path === '') throw error;
        // A folder that cannot be read costs only itself.
        this.#unreadable.add(next.path);
      }
      yield undefined;
    }
  }

  /** Paths of all images that were not looked at yet, the last first. Folders are listed when their turn comes. */
  async *sweep(folder: BytePath = ''): AsyncGenerator<BytePath | undefined> {
    const names: BytePath[] = [];
    const listing = this.fs.entries(folder)[Symbol.asyncIterator]();
    try {
      for (let step = await listing.next(); !step.done; step = await listing.next()) {
        const { name, kind } = step.value;
        const path = joinPath(folder, name);
        if (kind === 'folder' && this.recursive && isSearchedFolder(path)) names.push(`${name}/`);
        else if (kind !== 'folder' && isImageName(name)) names.push(name);
      }
    } catch (error) {
      if (folder === '') throw error;
    }
    yield undefined;
    names.sort();
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      const path = joinPath(folder, name);
      if (!name.endsWith('/')) {
        if (!this.known(path)) yield path;
      } else {
        this.#trackInitial(path.slice(0, -1));
        yield* this.sweep(path.slice(0, -1));
      }
    }
  }

  /** Removes folders out of which a file was taken, if they are empty and of the past. */
  async removeEmptied(): Promise<void> {
    for (const path of [...this.#emptied].slice(0, FOLDERS_A_LOOK)) {
      if (!this.#isPast(path)) continue;
      this.#emptied.delete(path);
      try {
        await this.fs.removeFolder(path);
      } catch {
        continue;
      }
      this.#forget(path);
      this.emptied(path);
    }
  }

  /** A file was removed from this path. */
  emptied(path: BytePath): void {
    const folder = parentOf(path);
    if (folder) this.#emptied.add(folder);
  }

  #isPast(path: BytePath): boolean {
    const folder = this.#folders.get(path);
    if (!folder || this.now() - folder.arrivedMs < PAST_AFTER_MS) return false;
    if (!DATED_NAME.test(nameOf(path))) return false;
    const depth = depthOf(path);
    for (const other of this.#folders.keys())
      if (other > path && depthOf(other) === depth) return true;
    return false;
  }

  #track(path: BytePath, isInitial: boolean): void {
    if (this.#folders.size >= MAX_FOLDERS && !this.#makeRoom()) {
      this.#ignored++;
      return;
    }
    const folder: Folder = {
      path,
      names: new NameTable(),
      isInitial,
      listedAt: -Number.MAX_VALUE,
      isDue: true,
      isListed: false,
      count: 0,
      others: 0,
      slice: 0,
      arrivedMs: isInitial ? 0 : this.now(),
    };
    this.#folders.set(path, folder);
    if (path !== '') this.#unlisted.add(folder);
  }

  /** Forgets the folder that has not changed for the longest time. */
  #makeRoom(): boolean {
    let oldest: Folder | undefined;
    for (const folder of this.#folders.values())
      if (
        folder.path !== '' &&
        (folder.modifiedMs ?? Number.MAX_VALUE) < (oldest?.modifiedMs ?? Number.MAX_VALUE)
      )
        oldest = folder;
    if (!oldest) return false;
    this.#ignored++;
    this.#drop(oldest.path);
    return true;
  }

  /** Unless the folder was forgotten to make room for others. */
  #trackInitial(path: BytePath): void {
    const parent = this.#folders.get(parentOf(path) ?? '');
    if (parent && !this.#folders.has(path)) this.#found(parent, path, true);
  }

  /** The folder is gone. A new one of this name is found when the one above is listed. */
  #forget(path: BytePath): void {
    this.#drop(path);
    this.#folders.get(parentOf(path) ?? '')?.names.set(nameOf(path), NOT_EXAMINED);
  }

  #drop(path: BytePath): void {
    for (const known of [...this.#folders.keys()])
      if (known === path || known.startsWith(`${path}/`)) {
        this.#watcher.unwatch(known);
        this.#folders.delete(known);
        this.#unreadable.delete(known);
      }
  }

  /** The folder itself; those that were never listed, the last path first; the active ones; some of the others. */
  #nextToAsk(asked: Set<Folder>): Folder | undefined {
    const root = this.#folders.get('');
    if (asked.size === 0) {
      this.#makePlan();
      return root;
    }
    let last: Folder | undefined;
    for (const folder of this.#unlisted) if (!last || folder.path > last.path) last = folder;
    if (last) this.#unlisted.delete(last);
    if (last) return last;
    for (let next = this.#plan.pop(); next; next = this.#plan.pop())
      if (!asked.has(next) && this.#folders.get(next.path) === next) return next;
    return undefined;
  }

  #makePlan(): void {
    const listed = [...this.#folders.values()].filter((folder) => folder.modifiedMs !== undefined);
    listed.sort(
      (a, b) => Number(b.isDue) - Number(a.isDue) || (b.modifiedMs ?? 0) - (a.modifiedMs ?? 0),
    );
    const active = listed.splice(0, ACTIVE_FOLDERS).reverse();
    const from = this.#turn % Math.max(1, listed.length);
    const rest = [...listed.slice(from), ...listed.slice(0, from)].slice(0, FOLDERS_A_LOOK);
    this.#turn = from + rest.length;
    this.#plan = [...rest, ...active];
  }

  async *#changesIn(folder: Folder): AsyncGenerator<BytePath | undefined> {
    const state = await this.fs.stat(folder.path);
    if (folder.path === '') this.#checkRoot(folder, state);
    else if (state?.kind !== 'folder') {
      this.#forget(folder.path);
      return;
    }
    if (!this.#isListingDue(folder, state)) return;
    const isFirst = folder.modifiedMs === undefined;
    folder.modifiedMs = state?.modifiedMs ?? 0;
    folder.listedAt = this.monotonic();
    // What arrives within the precision of the folder's time does not change it again.
    folder.isDue = Math.abs(this.now() - folder.modifiedMs) < TIME_PRECISION_MS;
    await this.#watcher.watch(folder.path, folder.modifiedMs);
    yield* this.#list(folder, isFirst && folder.isInitial);
  }

  /** Another file system was mounted here: its files are not new, but were read or not. */
  #checkRoot(root: Folder, state: FileState | undefined): void {
    const before = this.#root;
    this.#root = state ?? before;
    if (!state || !before) return;
    if (state.inode === before.inode && state.device === before.device) return;
    for (const path of [...this.#folders.keys()]) if (path !== '') this.#drop(path);
    this.#watcher.unwatch('');
    root.names = new NameTable();
    root.isListed = false;
    root.isInitial = true;
    delete root.modifiedMs;
    root.count = 0;
    this.#isReplaced = true;
  }

  #isListingDue(folder: Folder, state: FileState | undefined): boolean {
    const sinceMs = this.monotonic() - folder.listedAt;
    if (sinceMs < folder.count * PAUSE_MS_A_NAME && folder.count > NAMES_AGAIN) return false;
    const isChanged = folder.modifiedMs !== state?.modifiedMs;
    if (isChanged || folder.isDue || sinceMs >= LIST_AGAIN_MS) return true;
    // Small folders are looked at each time if they are in use, or the only one.
    return folder.count <= NAMES_AGAIN && (folder.path === '' || this.#isInUse(folder));
  }

  #isInUse({ arrivedMs }: Folder): boolean {
    return this.now() - arrivedMs < IN_USE_MS;
  }

  async *#list(folder: Folder, areKnown: boolean): AsyncGenerator<BytePath | undefined> {
    const slices = Math.max(1, Math.ceil(folder.count / NAMES_AGAIN));
    const slice = folder.slice++ % slices;
    const present = folder.names.size > 2 * folder.count + 1_000 ? new NameTable() : undefined;
    let [count, others] = [0, 0];
    for await (const { name, kind } of this.fs.entries(folder.path)) {
      if (++count % 1_000 === 0) yield undefined;
      const path = joinPath(folder.path, name);
      const known = folder.names.get(name);
      present?.set(name, known ?? NOT_EXAMINED);
      if (kind === 'folder') this.#found(folder, path, areKnown);
      else if (isImageName(name)) {
        if (known === undefined && areKnown) folder.names.set(name, NOT_EXAMINED);
        else if (known === undefined) yield path;
        else if ((known || this.isSwept) && hashOf(name) % slices === slice) yield path;
      } else if (!isHidden(name)) others++;
    }
    folder.count = count;
    folder.isListed = true;
    this.#unreadable.delete(folder.path);
    folder.others = others;
    if (present) folder.names = present;
  }

  #found(parent: Folder, path: BytePath, isInitial: boolean): void {
    if (!this.recursive || !isSearchedFolder(path) || this.#folders.has(path)) return;
    const name = nameOf(path);
    if (parent.names.get(name) === IS_FOLDER) return;
    parent.names.set(name, IS_FOLDER);
    this.#track(path, isInitial);
  }
}
