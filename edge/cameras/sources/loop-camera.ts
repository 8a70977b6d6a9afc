import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../core/runtime/clock.js';
import { type Camera, CameraError, type Snapshot } from '../camera.js';
import type { FolderCameraConfig } from '../camera-config.js';
import { asCameraError } from './folder-camera.js';
import { imageNames } from './image-files.js';

/** Goes round the images of a folder for ever, by name, as if each had just been taken. */
export class LoopCamera implements Camera {
  #last = '';

  constructor(
    private readonly config: FolderCameraConfig,
    private readonly clock: Clock,
  ) {}

  async take(signal: AbortSignal): Promise<Snapshot> {
    try {
      const name = await this.#following(signal);
      if (name === undefined) throw new CameraError('unreadable', 'the folder has no images');
      const bytes = await readFile(join(this.config.path, name), { signal });
      return {
        bytes,
        takenAt: this.clock(),
        more: false,
        settle: async () => {
          this.#last = name;
        },
      };
    } catch (error) {
      throw asCameraError(error);
    }
  }

  /** The name after the last one, or the first where there is none: one pass over the folder, nothing kept. */
  async #following(signal: AbortSignal): Promise<string | undefined> {
    let first: string | undefined;
    let following: string | undefined;
    for await (const name of imageNames(this.config.path, signal)) {
      if (first === undefined || name < first) first = name;
      if (name > this.#last && (following === undefined || name < following)) following = name;
    }
    return following ?? first;
  }
}
