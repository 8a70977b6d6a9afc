import { join } from 'node:path';
import type { Clock } from '../../core/runtime/clock.js';
import { Bookmark } from './bookmark.js';
import type { Camera } from './camera.js';
import type { CameraConfig } from './camera-config.js';
import { FolderCamera } from './folder-camera.js';
import { HttpCamera } from './http-camera.js';
import { LoopCamera } from './loop-camera.js';

/** The camera that a configuration describes. `stateFolder` holds what watched folders remember. */
export function createCamera(config: CameraConfig, stateFolder: string, clock: Clock): Camera {
  switch (config.kind) {
    case 'http':
      return new HttpCamera(config, clock);
    case 'folder':
      return config.loop
        ? new LoopCamera(config, clock)
        : new FolderCamera(
            config,
            new Bookmark(join(stateFolder, `${config.id}.json`), config.path),
          );
  }
}
