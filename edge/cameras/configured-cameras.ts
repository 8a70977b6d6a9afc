import type { CameraConfig } from './camera-config.js';

/** The cameras in the configuration that is in force; a reload replaces them. */
export class ConfiguredCameras {
  constructor(private cameras: readonly CameraConfig[]) {}

  get all(): readonly CameraConfig[] {
    return this.cameras;
  }

  replace(cameras: readonly CameraConfig[]): void {
    this.cameras = cameras;
  }
}
