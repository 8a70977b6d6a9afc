import { brokerPasswordFaults } from '../../core/access/broker-passwords.js';
import { checkNames } from '../../core/detection/catalog/check-names.js';
import { detectorPlaces } from '../../core/detection/create-detection.js';
import type { CheckResult } from '../../core/runtime/program.js';
import { cameraFaults, searchFaults } from '../cameras/camera-faults.js';
import { withManagedCameras } from '../cameras/managed/read-managed-cameras.js';
import { nameFaults } from '../cameras/name-faults.js';
import type { EdgeConfig } from '../config.js';
import { brokerPasswordsOf } from '../publishing/broker-passwords-of.js';

/** For `--check`: names of what does not exist, and what is not installed. Starts nothing. */
export async function checkEdgeConfiguration(config: EdgeConfig): Promise<CheckResult> {
  const places = detectorPlaces(config.detection, config.dataFolder);
  const errors = await checkNames(places, async (known) => [
    ...nameFaults(config, known),
    ...(await searchFaults(config, known)),
  ]);
  const passwords = await brokerPasswordFaults(brokerPasswordsOf(config));
  const managed = withManagedCameras(config);
  return {
    errors: [...errors, ...passwords.errors],
    warnings: [...cameraFaults(config.cameras), ...managed.faults, ...passwords.warnings],
  };
}
