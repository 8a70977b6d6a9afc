import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../core/runtime/clock.js';
import { type Camera, CameraError, type Snapshot } from '../camera.js';
import type { FolderCameraConfig } from '../camera-config.js';
import { fileError } from './file-error.js';
import { imageNames } from './image-files.js';

/** Repeats the images of a folder endlessly, in order of name, as if each had just been taken. */
export class LoopCamera implements Camera {
  #last = '';

  constructor(
    private readonly config: FolderCameraConfig,
    private readonly clock: Clock,
  ) {}

  async take(signal: AbortSignal): Promise<Snapshot> {
    try {
      const name = await this.#nextName(signal);
      if (name === undefined) throw new CameraError('unreadable', 'the folder contains no images');
      const bytes = await readFile(join(this.config.path, name), { signal });
      return {
        bytes,
        takenAt: this.clock(),
        more: false,
        markProcessed: async () => {
          this.#last = name;
        },
      };
    } catch (error) {
      throw fileError(error);
    }
  }

  /** The name after the last one, or the first name if there is none. One pass over the folder; keeps no list. */
  async #nextName(signal: AbortSignal): Promise<string | undefined> {
    let first: string | undefined;
    let next: string | undefined;
    for await (const name of imageNames(this.config.path, signal)) {
      if (first === undefined || name < first) first = name;
      if (name > this.#last && (next === undefined || name < next)) next = name;
    }
    return next ?? first;
  }
}
