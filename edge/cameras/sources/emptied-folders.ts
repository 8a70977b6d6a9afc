import type { Clock } from '../../../core/runtime/clock.js';
import { type BytePath, nameOf, parentOf } from './byte-path.js';
import type { FolderFs } from './folder-fs.js';
import type { Folder, FolderTree } from './folder-tree.js';
import { depthOf } from './image-files.js';

/** Folders that one look tries to remove. */
const FOLDERS_A_LOOK = 200;
/** A folder of a date is of the past if nothing came into it for this long, and there is a later one. */
const PAST_AFTER_MS = 86_400_000;
/** As folders by date, time or channel are named. */
const DATED_NAME = /^[\d_-]+$/;

/** Removes folders out of which a file was removed, if they are empty and of the past. */
export class EmptiedFolders {
  readonly #paths = new Set<BytePath>();

  constructor(
    private readonly fs: FolderFs,
    private readonly tree: FolderTree,
    private readonly now: Clock,
  ) {}

  /** A file or folder was removed from this path. */
  removed(path: BytePath): void {
    const folder = parentOf(path);
    if (folder && DATED_NAME.test(nameOf(folder))) this.#paths.add(folder);
  }

  async removeAll(): Promise<void> {
    for (const path of [...this.#paths].slice(0, FOLDERS_A_LOOK)) {
      const folder = this.tree.get(path);
      if (folder && !this.#isPast(folder)) continue;
      this.#paths.delete(path);
      try {
        await this.fs.removeFolder(path);
      } catch {
        // Something is in it, or it is not ours.
        continue;
      }
      this.tree.forget(path);
      this.removed(path);
    }
  }

  #isPast({ path, arrivedMs }: Folder): boolean {
    if (this.now() - arrivedMs < PAST_AFTER_MS) return false;
    const depth = depthOf(path);
    for (const other of this.tree.all)
      if (other.path > path && depthOf(other.path) === depth) return true;
    return false;
  }
}
