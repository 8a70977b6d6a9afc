import type { CameraConfig } from './camera-config.js';

/** The cameras in the configuration that is in force; a reload replaces them. */
export class ConfiguredCameras {
  constructor(private cameras: readonly CameraConfig[]) {}

  get all(): readonly CameraConfig[] {
    return this.cameras;
  }

  /** For people; undefined if it has none, or if there is no such camera. */
  nameOf(id: string): string | undefined {
    return this.cameras.find((camera) => camera.id === id)?.name;
  }

  replace(cameras: readonly CameraConfig[]): void {
    this.cameras = cameras;
  }
}
