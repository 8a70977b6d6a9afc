import type { FieldError } from '../../core/contract/problem.js';
import { checkNames } from '../../core/detection/catalog/check-names.js';
import { detectorPlaces } from '../../core/detection/create-detection.js';
import { nameFaults } from '../cameras/name-faults.js';
import type { EdgeConfig } from '../config.js';

/** For `--check`: names in the configuration of what does not exist. Starts nothing. */
export const checkEdgeNames = (config: EdgeConfig): Promise<FieldError[]> =>
  checkNames(detectorPlaces(config.detection, config.dataFolder), (known) =>
    nameFaults(config, known),
  );
