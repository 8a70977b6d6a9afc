import type { FieldError } from '../../core/contract/problem.js';
import { knownDetectors } from '../../core/detection/catalog/known-detectors.js';
import { detectorPlaces } from '../../core/detection/create-detection.js';
import { nameFaults } from '../cameras/name-faults.js';
import type { EdgeConfig } from '../config.js';

/** For `--check`: names in the configuration of what does not exist. Starts nothing. */
export async function checkNames(config: EdgeConfig): Promise<FieldError[]> {
  return nameFaults(
    config,
    await knownDetectors(detectorPlaces(config.detection, config.dataFolder)),
  );
}
