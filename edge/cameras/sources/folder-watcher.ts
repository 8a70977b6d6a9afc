import type { FSWatcher } from 'node:fs';
import { type BytePath, joinPath } from './byte-path.js';
import type { FolderFs } from './folder-fs.js';

const MAX_WATCHED = 64;
const MAX_CHANGED = 1_000;

/**
 * Collects the paths that change, as the kernel reports it (inotify), in the folders that changed last. Reports can be
 * lost, and network file systems make none: they only save time.
 */
export class FolderWatcher {
  readonly #watchers = new Map<BytePath, { watcher: FSWatcher; modifiedMs: number }>();
  readonly #changed = new Set<BytePath>();
  /** Folders in which something changed that is not known. */
  readonly #unclear = new Set<BytePath>();
  /** Whether the kernel reports all changes. */
  isWatchable = false;

  constructor(private readonly fs: FolderFs) {}

  /** `modifiedMs`: when the folder changed; of too many folders, those that changed last are watched. */
  watch(folder: BytePath, modifiedMs: number): void {
    const existing = this.#watchers.get(folder);
    if (existing) {
      existing.modifiedMs = modifiedMs;
      return;
    }
    if (!this.isWatchable || !this.#hasRoom(modifiedMs)) return;
    try {
      const watcher = this.fs.watch(folder, (name) => this.#record(folder, name));
      watcher.on('error', () => this.unwatch(folder));
      this.#watchers.set(folder, { watcher, modifiedMs });
    } catch {
      // The limit of inotify watches is reached, or the folder is gone: the next look finds out.
    }
  }

  unwatch(folder: BytePath): void {
    this.#watchers.get(folder)?.watcher.close();
    this.#watchers.delete(folder);
  }

  /** What changed since the last call. */
  take(): { paths: BytePath[]; unclear: BytePath[] } {
    const changes = { paths: [...this.#changed], unclear: [...this.#unclear] };
    this.#changed.clear();
    this.#unclear.clear();
    return changes;
  }

  close(): void {
    for (const folder of [...this.#watchers.keys()]) this.unwatch(folder);
  }

  #hasRoom(modifiedMs: number): boolean {
    if (this.#watchers.size < MAX_WATCHED) return true;
    let oldest: [BytePath, number] | undefined;
    for (const [folder, watched] of this.#watchers)
      if (folder !== '' && watched.modifiedMs < (oldest?.[1] ?? modifiedMs))
        oldest = [folder, watched.modifiedMs];
    if (oldest) this.unwatch(oldest[0]);
    return oldest !== undefined;
  }

  #record(folder: BytePath, name: BytePath | undefined): void {
    if (name === undefined || this.#changed.size >= MAX_CHANGED) this.#unclear.add(folder);
    else this.#changed.add(joinPath(folder, name));
  }
}
