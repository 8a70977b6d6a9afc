import { brokerPasswordFaults } from '../../core/access/broker-passwords.js';
import { checkNames } from '../../core/detection/catalog/check-names.js';
import { engineFaults } from '../../core/detection/catalog/engine-faults.js';
import { settingFaults } from '../../core/detection/catalog/setting-faults.js';
import { detectorPlaces } from '../../core/detection/create-detection.js';
import type { CheckResult } from '../../core/runtime/program.js';
import type { RelayConfig } from '../config.js';
import { brokerPasswordsOf } from '../ingest/broker-passwords-of.js';

/** For `--check`: detectors in the configuration that do not exist, and engines that are not installed. Starts nothing. */
export async function checkRelayConfiguration(config: RelayConfig): Promise<CheckResult> {
  const { detection, dataFolder } = config;
  const errors = await checkNames(detectorPlaces(detection, dataFolder), async (known) => [
    ...settingFaults(detection, known, howToAdd),
    ...(await engineFaults(detection, [], known)),
  ]);
  const passwords = await brokerPasswordFaults(brokerPasswordsOf(config));
  return { errors: [...errors, ...passwords.errors], warnings: passwords.warnings };
}

const howToAdd = (id: string): string =>
  `name it in detection.models, or run: siteglass-relay detector add ${id}`;
