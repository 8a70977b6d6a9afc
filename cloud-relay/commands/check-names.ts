import type { FieldError } from '../../core/contract/problem.js';
import { checkNames } from '../../core/detection/catalog/check-names.js';
import { settingFaults } from '../../core/detection/catalog/setting-faults.js';
import { detectorPlaces } from '../../core/detection/create-detection.js';
import type { RelayConfig } from '../config.js';

/** For `--check`: detectors in the configuration that do not exist. Starts nothing. */
export const checkRelayNames = ({ detection, dataFolder }: RelayConfig): Promise<FieldError[]> =>
  checkNames(detectorPlaces(detection, dataFolder), (known) =>
    settingFaults(detection, known, howToAdd),
  );

const howToAdd = (id: string): string =>
  `name it in detection.models, or run: siteglass-relay detector add ${id}`;
