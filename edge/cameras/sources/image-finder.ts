import { type BytePath, nameOf } from './byte-path.js';
import type { FileSystemClock } from './file-system-clock.js';
import type { FileState, FolderFs } from './folder-fs.js';
import { type ImageFile, imageFileOf, isImageName } from './image-files.js';
import type { SkippedFiles, SkipReason } from './skipped-files.js';

/** `skipped`: it leads to no image; `unknown`: it cannot be looked at now. */
export type Found = ImageFile | 'folder' | 'skipped' | 'unknown' | undefined;

/** Looks at what a path leads to. */
export class ImageFinder {
  constructor(
    private readonly fs: FolderFs,
    private readonly clock: FileSystemClock,
    private readonly skipped: SkippedFiles,
  ) {}

  /** The image that a path leads to; undefined if there is none. */
  async find(path: BytePath): Promise<Found> {
    try {
      const state = await this.#stateOf(path);
      if (state?.kind === 'folder') return 'folder';
      if (!isImageName(nameOf(path))) return undefined;
      if (state?.kind === 'file') return imageFileOf(path, path, state);
      if (state?.kind === 'link') return await this.#findTarget(path);
      return state && this.#skip(path, 'notAFile');
    } catch {
      // One name that cannot be looked at costs only itself.
      this.skipped.add(path, 'unreadable');
      return 'unknown';
    }
  }

  async #findTarget(path: BytePath): Promise<Found> {
    const target = await this.fs.resolve(path).catch((error: NodeJS.ErrnoException) => {
      // The target is not there (yet), or the link leads to itself.
      if (error.code === 'ENOENT' || error.code === 'ELOOP') return path;
      throw error;
    });
    if (target === path || target === undefined)
      return this.#skip(path, target === undefined ? 'linkElsewhere' : 'brokenLink');
    const state = await this.#stateOf(target);
    if (state?.kind === 'file') return imageFileOf(path, target, state);
    return state && this.#skip(path, 'notAFile');
  }

  #skip(path: BytePath, reason: SkipReason): 'skipped' {
    this.skipped.add(path, reason);
    return 'skipped';
  }

  async #stateOf(path: BytePath): Promise<FileState | undefined> {
    const state = await this.fs.stat(path);
    if (state) this.clock.saw(state.changedMs);
    return state;
  }
}
