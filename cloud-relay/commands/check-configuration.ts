import { checkNames } from '../../core/detection/catalog/check-names.js';
import { engineFaults } from '../../core/detection/catalog/engine-faults.js';
import { settingFaults } from '../../core/detection/catalog/setting-faults.js';
import { detectorPlaces } from '../../core/detection/create-detection.js';
import type { CheckResult } from '../../core/runtime/program.js';
import type { RelayConfig } from '../config.js';

/** For `--check`: detectors in the configuration that do not exist, and engines that are not installed. Starts nothing. */
export async function checkRelayConfiguration({
  detection,
  dataFolder,
}: RelayConfig): Promise<CheckResult> {
  const errors = await checkNames(detectorPlaces(detection, dataFolder), async (known) => [
    ...settingFaults(detection, known, howToAdd),
    ...(await engineFaults(detection, [], known)),
  ]);
  return { errors, warnings: [] };
}

const howToAdd = (id: string): string =>
  `name it in detection.models, or run: siteglass-relay detector add ${id}`;
