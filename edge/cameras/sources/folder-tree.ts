import type { Clock } from '../../../core/runtime/clock.js';
import { type BytePath, nameOf, parentOf } from './byte-path.js';
import type { FolderWatcher } from './folder-watcher.js';
import { isSearchedFolder, isTooDeep } from './image-files.js';
import { NameTable, NOT_EXAMINED } from './name-table.js';

const MAX_FOLDERS = 20_000;
/** In place of a file's identity. */
const IS_FOLDER = 1;
export const IS_SKIPPED = 2;

export interface Folder {
  readonly path: BytePath;
  names: NameTable;
  /** Its names are those that were there at the start: a sweep that lists it later looks at them. */
  isInitial: boolean;
  /** The folder's time before it was listed last; undefined if it was not. */
  modifiedMs?: number;
  listedAt: number;
  /** Whether it is to be listed whatever its time is. */
  isDue: boolean;
  /** Whether all its names are known. */
  isListed: boolean;
  isUnreadable: boolean;
  /** All files that arrived in it before this time have been looked at, or are left to a sweep. */
  examinedMs: number;
  /** Names in it, as listed last. */
  count: number;
  /** Files in it that are no images by their name. */
  others: number;
  /** Folders in it that are too deep to be searched. */
  tooDeep: number;
  /** Which part of the names is looked at once more. */
  slice: number;
  /** When a file or the folder itself arrived last. */
  arrivedMs: number;
}

const folderOf = (path: BytePath, isInitial: boolean, arrivedMs: number): Folder => ({
  path,
  names: new NameTable(),
  isInitial,
  listedAt: -Number.MAX_VALUE,
  isDue: true,
  isListed: false,
  isUnreadable: false,
  examinedMs: -Number.MAX_VALUE,
  count: 0,
  others: 0,
  tooDeep: 0,
  slice: 0,
  arrivedMs,
});

/** The folders below a watched folder that are known, and the names in them. */
export class FolderTree {
  #root: Folder;
  readonly #folders = new Map<BytePath, Folder>();
  readonly #unlisted = new Set<Folder>();
  /** Folders whose names are left to the next sweep, since they were not readable before. */
  readonly #reopened = new Set<BytePath>();
  /** Folders beyond the limit, which are not looked into. */
  #ignored = 0;
  /** Whether some folders that were there at the start were not listed yet. */
  #isStarting = true;
  /** Whether no sweep has names to look at. */
  isSwept = false;

  constructor(
    private readonly recursive: boolean,
    private readonly now: Clock,
    private readonly watcher: FolderWatcher,
  ) {
    this.#root = this.#add('', true);
  }

  get root(): Folder {
    return this.#root;
  }

  get all(): Iterable<Folder> {
    return this.#folders.values();
  }

  get(path: BytePath): Folder | undefined {
    return this.#folders.get(path);
  }

  /** The folder in which this path is. */
  of(path: BytePath): Folder | undefined {
    return this.#folders.get(parentOf(path) ?? '');
  }

  /** What is not taken. */
  get counts() {
    const counts = { otherExtension: 0, tooDeep: 0, tooManyFolders: this.#ignored, unreadable: 0 };
    for (const { others, tooDeep, isUnreadable } of this.#folders.values()) {
      counts.otherExtension += others;
      counts.tooDeep += tooDeep;
      counts.unreadable += Number(isUnreadable);
    }
    return counts;
  }

  /** All files that arrived before this time have been looked at, or are left to a sweep, but for unreadable folders. */
  get examinedMs(): number {
    let earliest = Number.MAX_VALUE;
    for (const { isUnreadable, examinedMs } of this.#folders.values())
      if (!isUnreadable) earliest = Math.min(earliest, examinedMs);
    return earliest;
  }

  moveBack(stepMs: number): void {
    for (const folder of this.#folders.values()) folder.examinedMs += stepMs;
  }

  /** All folders that were there at the start have been listed. */
  endStart(): void {
    this.#isStarting = false;
  }

  /** Whether names in it that are not known were there at the start. */
  isInitial(folder: Folder): boolean {
    return folder.isUnreadable || (folder.isInitial && this.#isStarting);
  }

  known(path: BytePath): number | undefined {
    return this.of(path)?.names.get(nameOf(path));
  }

  /** `identity` of the file that was looked at under this path. */
  remember(path: BytePath, identity: number, arrivedMs = 0): void {
    const folder = this.of(path);
    folder?.names.set(nameOf(path), identity);
    if (folder) folder.arrivedMs = Math.max(folder.arrivedMs, arrivedMs);
  }

  /** A sweep looks at the file of this path. */
  leave(path: BytePath): void {
    this.of(path)?.names.set(nameOf(path), NOT_EXAMINED);
  }

  isSearched(path: BytePath): boolean {
    return this.recursive && isSearchedFolder(path) && !isTooDeep(path);
  }

  /** Whether the folder would be searched if it was less deep. */
  isTooDeep(path: BytePath): boolean {
    return this.recursive && isSearchedFolder(path) && isTooDeep(path);
  }

  /** A folder was found in one that is known, unless it was forgotten to make room for others. */
  found(path: BytePath, isInitial: boolean): void {
    const parent = this.of(path);
    if (!parent || !this.isSearched(path) || this.#folders.has(path)) return;
    const name = nameOf(path);
    if (parent.names.get(name) === IS_FOLDER) return;
    parent.names.set(name, IS_FOLDER);
    if (this.#folders.size >= MAX_FOLDERS && !this.#makeRoom()) this.#ignored++;
    else this.#unlisted.add(this.#add(path, isInitial));
  }

  /** Of the folders that were never listed, the last one, once. */
  takeUnlisted(): Folder | undefined {
    let last: Folder | undefined;
    for (const folder of this.#unlisted) if (!last || folder.path > last.path) last = folder;
    if (last) this.#unlisted.delete(last);
    return last;
  }

  /** The folder cannot be read. It costs only itself. */
  close(folder: Folder): void {
    folder.isUnreadable = true;
    folder.isDue = true;
  }

  /** All names of the folder are known, and those that were not left to a sweep were looked at. */
  listed(folder: Folder, examinedMs: number): void {
    if (folder.isUnreadable) this.#reopened.add(folder.path);
    folder.isUnreadable = false;
    folder.isInitial = false;
    folder.isListed = true;
    folder.examinedMs = Math.max(folder.examinedMs, examinedMs);
  }

  /** Folders that were not readable, and that are now, or are gone. */
  takeReopened(): BytePath[] {
    const reopened = [...this.#reopened];
    this.#reopened.clear();
    return reopened;
  }

  /** The folder is gone. A new one of this name is found when the one above is listed. */
  forget(path: BytePath): void {
    this.#drop(path);
    this.leave(path);
  }

  /** Another folder has taken the place of the whole tree: its files are not new, but were read or not. */
  replace(): void {
    this.#drop('');
    this.#unlisted.clear();
    this.#isStarting = true;
    this.#root = this.#add('', true);
  }

  #add(path: BytePath, isInitial: boolean): Folder {
    const folder = folderOf(path, isInitial, isInitial ? 0 : this.now());
    this.#folders.set(path, folder);
    return folder;
  }

  /** Forgets the folder that has not changed for the longest time. */
  #makeRoom(): boolean {
    let oldest: Folder | undefined;
    const timeOf = (folder?: Folder) => folder?.modifiedMs ?? Number.MAX_VALUE;
    for (const folder of this.#folders.values())
      if (folder.path !== '' && timeOf(folder) < timeOf(oldest)) oldest = folder;
    if (!oldest) return false;
    this.#ignored++;
    this.#drop(oldest.path);
    return true;
  }

  #drop(path: BytePath): void {
    const prefix = path === '' ? '' : `${path}/`;
    for (const [known, folder] of [...this.#folders]) {
      if (known !== path && !known.startsWith(prefix)) continue;
      this.watcher.unwatch(known);
      this.#folders.delete(known);
      this.#unlisted.delete(folder);
      if (folder.isUnreadable) this.#reopened.add(known);
    }
  }
}
