import type { DiscoveredDevice } from '../../core/contract/camera-management.js';
import type { CameraConfig } from '../cameras/camera-config.js';
import { CameraTester } from '../cameras/managed/camera-tester.js';
import { discoverInProcess } from '../onvif/discover-in-process.js';
import type { DiscoverySettings } from '../onvif/discovery-settings.js';
import { CameraTrial } from '../pipeline/camera-trial.js';
import type { CameraPipeline } from '../pipeline/create-pipeline.js';
import { MotionValuesReader } from '../pipeline/motion-values.js';
import type { Storage } from '../retention/create-storage.js';
import type { EdgeDependencies } from '../store/edge-dependencies.js';

/** What helps to add a camera and to choose its settings. */
export interface CameraTools {
  tester: CameraTester;
  trial: CameraTrial;
  motion: MotionValuesReader;
  discover(settings: Partial<DiscoverySettings>, signal: AbortSignal): Promise<DiscoveredDevice[]>;
}

export function createCameraTools(
  { config, detection: { pool, catalog } }: EdgeDependencies,
  { images: { store } }: Storage,
  { configured, gates }: CameraPipeline,
): CameraTools {
  const originalBytes = (sha256: string) => store.originalBytes(sha256);
  const cameras = () => configured.all;
  const { db } = store;
  return {
    tester: new CameraTester({
      ...{ detection: pool, planner: catalog, maxPixels: config.images.maxPixels, cameras },
    }),
    trial: new CameraTrial({ db, originalBytes, detection: pool, planner: catalog }),
    motion: new MotionValuesReader({
      ...{ gates, db, originalBytes, detection: pool, motion: config.motion },
    }),
    discover: async (settings, signal) => {
      const found = await discoverInProcess({ ...config.discovery, ...settings }, signal);
      return found.map((device) => ({
        ...device,
        configuredAs: cameras().find((camera) => hostOf(camera) === device.host)?.id ?? null,
      }));
    },
  };
}

function hostOf(camera: CameraConfig): string | undefined {
  return 'url' in camera && URL.canParse(camera.url) ? new URL(camera.url).hostname : undefined;
}
