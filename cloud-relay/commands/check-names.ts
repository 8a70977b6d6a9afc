import type { FieldError } from '../../core/contract/problem.js';
import { checkNames } from '../../core/detection/catalog/check-names.js';
import { defaultDetectorFaults } from '../../core/detection/catalog/default-detector-faults.js';
import { detectorPlaces } from '../../core/detection/create-detection.js';
import type { RelayConfig } from '../config.js';

/** For `--check`: detectors in the configuration that do not exist. Starts nothing. */
export const checkRelayNames = ({ detection, dataFolder }: RelayConfig): Promise<FieldError[]> =>
  checkNames(detectorPlaces(detection, dataFolder), (known) =>
    defaultDetectorFaults(detection, known),
  );
