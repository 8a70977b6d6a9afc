import { join } from 'node:path';
import type { Clock } from '../../core/runtime/clock.js';
import { Bookmark } from './bookmark.js';
import type { Camera } from './camera.js';
import type { CameraConfig, RtspCameraConfig } from './camera-config.js';
import { CaptureCamera } from './capture-camera.js';
import { ClockJumps } from './clock-jumps.js';
import { passwordOf } from './credentials.js';
import { FolderCamera } from './folder-camera.js';
import { HttpCamera } from './http-camera.js';
import { LoopCamera } from './loop-camera.js';
import { MjpegCamera } from './mjpeg-camera.js';
import { PushCamera } from './push-camera.js';
import { VideoCamera } from './video-camera.js';

/** The camera that a configuration describes. `stateFolder` holds what watched folders remember. */
export function createCamera(config: CameraConfig, stateFolder: string, clock: Clock): Camera {
  switch (config.kind) {
    case 'http':
      return new HttpCamera(config, clock);
    case 'mjpeg':
      return new MjpegCamera(config, clock);
    case 'rtsp':
      return new CaptureCamera({ ...config, source: () => streamOf(config) }, clock);
    case 'device':
      return new CaptureCamera(
        { ...config, source: () => ({ kind: 'device', path: config.path }) },
        clock,
      );
    case 'video':
      return new VideoCamera(config, clock);
    case 'push':
      return new PushCamera(config, clock);
    case 'folder':
      return config.loop
        ? new LoopCamera(config, clock)
        : new FolderCamera(
            config,
            new Bookmark(join(stateFolder, `${config.id}.json`), config.path),
            new ClockJumps(clock),
          );
  }
}

const streamOf = ({ url, auth }: RtspCameraConfig) => ({
  kind: 'stream' as const,
  url,
  ...(auth && { username: auth.username, password: passwordOf(auth.password) }),
});
