import type { Clock } from '../../../core/runtime/clock.js';
import { type Camera, CameraError, type Snapshot, snapshotTooLarge } from '../camera.js';
import type { FolderCameraConfig } from '../camera-config.js';
import type { BytePath } from './byte-path.js';
import { fileError } from './file-error.js';
import type { FolderFs } from './folder-fs.js';
import { imagePaths } from './image-files.js';

/** Repeats the images of a folder endlessly, in order of name, as if each had just been taken. */
export class LoopCamera implements Camera {
  #last = '';

  constructor(
    private readonly config: FolderCameraConfig,
    private readonly fs: FolderFs,
    private readonly clock: Clock,
  ) {}

  async take(signal: AbortSignal): Promise<Snapshot> {
    try {
      const path = await this.#nextPath(signal);
      if (path === undefined) throw new CameraError('unreadable', 'the folder contains no images');
      const bytes = await this.#read(path, signal);
      return {
        bytes,
        takenAt: this.clock(),
        more: false,
        markProcessed: async () => {
          this.#last = path;
        },
      };
    } catch (error) {
      throw fileError(error);
    }
  }

  /** A file that cannot be read is passed over in the next run. */
  async #read(path: BytePath, signal: AbortSignal): Promise<Buffer> {
    try {
      const found = await this.fs.stat(path);
      const target = found?.kind === 'link' ? await this.fs.resolve(path) : path;
      if (target === undefined)
        throw new CameraError('unreadable', 'a link leads out of the folder');
      const { bytes, before } = await this.fs.read(target, this.config.maxBytes, signal);
      if (before.bytes > bytes.length) throw snapshotTooLarge(this.config.maxBytes);
      return bytes;
    } catch (error) {
      if (!signal.aborted) this.#last = path;
      throw error;
    }
  }

  /** The path after the last one, or the first if there is none. One pass over the folder; keeps no list. */
  async #nextPath(signal: AbortSignal): Promise<BytePath | undefined> {
    let first: BytePath | undefined;
    let next: BytePath | undefined;
    for await (const path of imagePaths(this.fs, this.config.recursive ?? false, signal)) {
      if (first === undefined || path < first) first = path;
      if (path > this.#last && (next === undefined || path < next)) next = path;
    }
    return next ?? first;
  }
}
