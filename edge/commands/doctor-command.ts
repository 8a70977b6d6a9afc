import { join } from 'node:path';
import { certificateCheck } from '../../core/doctor/certificate-check.js';
import { dataFolderCheck } from '../../core/doctor/data-folder-check.js';
import { detectionCheck } from '../../core/doctor/detection-check.js';
import { diskCheck } from '../../core/doctor/disk-check.js';
import { examine, outcomeOf } from '../../core/doctor/examine.js';
import type { Check } from '../../core/doctor/finding.js';
import { notificationCheck } from '../../core/doctor/notification-check.js';
import { programCheck } from '../../core/doctor/program-check.js';
import { schemaCheck } from '../../core/doctor/schema-check.js';
import { serviceCheck } from '../../core/doctor/service-check.js';
import {
  copiesWithSecrets,
  openNotifications,
  waySecretsCheck,
} from '../../core/doctor/way-secrets-check.js';
import { certificateProvider } from '../../core/http/tls/create-tls.js';
import { storedBytes } from '../../core/images/stored-bytes.js';
import { FileKeeper } from '../../core/notifications/secret-keeper.js';
import { systemClock } from '../../core/runtime/clock.js';
import type { CommandOptions, CommandOutcome } from '../../core/runtime/command-line.js';
import { silentLogger } from '../../core/runtime/logger.js';
import { FolderLock } from '../../core/store/folder-lock.js';
import { tlsOptionsOf } from '../api/tls-options.js';
import { withManagedCameras } from '../cameras/managed/read-managed-cameras.js';
import { readCameraStatuses } from '../cameras/status-file.js';
import type { EdgeConfig } from '../config.js';
import { brokerChecks } from '../doctor/broker-checks.js';
import { camerasCheck } from '../doctor/cameras-check.js';
import { clockCheck } from '../doctor/clock-check.js';
import { detectorUsesOf } from '../doctor/detector-uses.js';
import { managedCamerasCheck } from '../doctor/managed-cameras-check.js';
import { relayCheck } from '../doctor/relay-check.js';
import { secretsCheck } from '../doctor/secrets-check.js';
import { setupCheck } from '../doctor/setup-check.js';
import { withRelayAccount } from '../enrolment/enrolled-config.js';
import { guardOptions } from '../store/guard-options.js';
import { WAY_SECRETS } from '../store/way-secrets.js';
import { upgradeCheck } from '../system/upgrade/upgrade-check.js';
import { Upgrades } from '../system/upgrade/upgrades.js';

/** Checks all that the appliance needs, with advice. Works whether the appliance runs or not, and changes nothing. */
export async function doctorCommand(
  config: EdgeConfig,
  { json }: CommandOptions,
): Promise<CommandOutcome> {
  return outcomeOf(await examine(checksOf(withRelayAccount(config))), json);
}

function checksOf(declared: EdgeConfig): Check[] {
  const { config, managed, faults } = withManagedCameras(declared);
  const { dataFolder, images, cameras, detection } = config;
  const file = join(dataFolder, 'edge.db');
  const withWorker = { settings: detection, maxPixels: images.maxPixels, dataFolder };
  const isRunning = FolderLock.isHeld(dataFolder);
  return [
    programCheck('siteglass-edge'),
    serviceCheck('siteglass-edge', config),
    setupCheck(dataFolder),
    secretsCheck(config),
    certificateCheck(certificateProvider(tlsOptionsOf(config), silentLogger())),
    dataFolderCheck(dataFolder),
    diskCheck({
      folder: dataFolder,
      minFreeBytes: images.minFreeBytes,
      images: { maxBytes: images.maxStoredBytes, bytes: () => storedBytes(file) },
    }),
    schemaCheck(guardOptions(dataFolder, silentLogger(), systemClock)),
    clockCheck(),
    detectionCheck('siteglass-edge', withWorker, cameras.flatMap(detectorUsesOf)),
    managedCamerasCheck(managed.length, faults),
    camerasCheck({
      cameras,
      detection: withWorker,
      isRunning,
      reported: isRunning ? readCameraStatuses(dataFolder) : {},
    }),
    ...brokerChecks(config, isRunning),
    relayCheck(config, file, isRunning),
    notificationCheck(file),
    waySecretsCheck({
      open: () => openNotifications(file),
      keeper: () => new FileKeeper(join(dataFolder, WAY_SECRETS)),
      copies: () => copiesWithSecrets(file, '0015_notifications', '0017_notification_secrets'),
    }),
    upgradeCheck(new Upgrades()),
  ];
}
