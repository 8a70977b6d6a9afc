import { join } from 'node:path';
import type { Clock } from '../../core/runtime/clock.js';
import { ClockSteps } from '../../core/runtime/clock-steps.js';
import type { Camera } from './camera.js';
import type { CameraConfig, RtspCameraConfig } from './camera-config.js';
import { Credentials } from './http/credentials.js';
import { RtspRelay } from './rtsp/rtsp-relay.js';
import { CaptureCamera, type CaptureSettings } from './sources/capture-camera.js';
import { CursorFile } from './sources/cursor-file.js';
import { FolderCamera } from './sources/folder-camera.js';
import { DiskFolder } from './sources/folder-fs.js';
import { HttpCamera } from './sources/http-camera.js';
import { LoopCamera } from './sources/loop-camera.js';
import { MjpegCamera } from './sources/mjpeg-camera.js';
import { PushCamera } from './sources/push-camera.js';
import { VideoCamera } from './sources/video-camera.js';

/** Smaller steps of the clock do not change the order of files by more than the file system's own error. */
const CLOCK_STEP_MS = 2_000;

/**
 * Creates the camera that a configuration describes. `stateFolder` holds the cursors of watched folders; `maxAgeDays` is
 * the age at which the site's images are removed.
 */
export function createCamera(
  config: CameraConfig,
  stateFolder: string,
  clock: Clock,
  maxAgeDays?: number,
): Camera {
  switch (config.kind) {
    case 'http':
      return new HttpCamera(config, clock);
    case 'mjpeg':
      return new MjpegCamera(config, clock);
    case 'rtsp':
      return new CaptureCamera({ ...config, ...streamOf(config) }, clock);
    case 'device':
      return new CaptureCamera(
        { ...config, open: async () => ({ source: { kind: 'device', path: config.path } }) },
        clock,
      );
    case 'video':
      return new VideoCamera(config, clock);
    case 'push':
      return new PushCamera(config);
    case 'folder':
      return config.loop
        ? new LoopCamera(config, new DiskFolder(config.path), clock)
        : new FolderCamera(config, {
            fs: new DiskFolder(config.path),
            cursorFile: new CursorFile(join(stateFolder, `${config.id}.json`), config.path),
            clockSteps: new ClockSteps(clock, CLOCK_STEP_MS),
            clock,
            ...(maxAgeDays !== undefined && { maxAgeDays }),
          });
  }
}

/** The credentials are kept from one start of the process to the next: so is the number of refusals. */
function streamOf({ url, auth }: RtspCameraConfig): Pick<CaptureSettings, 'open' | 'retryLogin'> {
  const credentials = auth && new Credentials({ ...auth, scheme: 'auto' });
  return {
    async open() {
      const relay = new RtspRelay({ url, credentials });
      const source = { kind: 'stream' as const, ...(await relay.start()) };
      return { source, fault: () => relay.fault, close: () => relay.stop() };
    },
    retryLogin: () => credentials?.retry(),
  };
}
