import type { FieldError } from '../../core/contract/problem.js';
import { knownDetectors } from '../../core/detection/catalog/known-detectors.js';
import { settingFaults } from '../../core/detection/catalog/setting-faults.js';
import { detectorPlaces } from '../../core/detection/create-detection.js';
import type { RelayConfig } from '../config.js';

/** For `--check`: detectors in the configuration that do not exist. Starts nothing. */
export async function checkNames({ detection, dataFolder }: RelayConfig): Promise<FieldError[]> {
  const known = await knownDetectors(detectorPlaces(detection, dataFolder));
  return settingFaults(detection, known, howToAdd);
}

const howToAdd = (id: string): string =>
  `name it in detection.models, or run: siteglass-relay detector add ${id}`;
