import { requireEngines } from '../../core/doctor/engine-requirements.js';
import { cameraFaults } from '../cameras/camera-faults.js';
import type { EdgeConfig } from '../config.js';

/** For `--check`: lines about cameras that need something to be installed. Throws a ConfigurationError if detection does. */
export async function checkInstallation({ detection, cameras }: EdgeConfig): Promise<string[]> {
  const named = cameras.map(({ detectors }, i) => ({
    path: `cameras.${i}.detectors`,
    ids: detectors ?? [],
  }));
  await requireEngines(detection, named);
  return cameraFaults(cameras);
}
