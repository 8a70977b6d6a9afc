import type { FieldError } from '../../core/contract/problem.js';
import { defaultDetectorFaults } from '../../core/detection/catalog/default-detector-faults.js';
import { knownDetectors } from '../../core/detection/catalog/known-detectors.js';
import { detectorPlaces } from '../../core/detection/create-detection.js';
import type { RelayConfig } from '../config.js';

/** For `--check`: detectors in the configuration that do not exist. Starts nothing. */
export async function checkNames({ detection, dataFolder }: RelayConfig): Promise<FieldError[]> {
  const known = await knownDetectors(detectorPlaces(detection, dataFolder));
  return defaultDetectorFaults(detection, known);
}
