import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { tryBroker } from '../../core/doctor/broker-check.js';
import { certificateCheck } from '../../core/doctor/certificate-check.js';
import { dataFolderCheck } from '../../core/doctor/data-folder-check.js';
import { detectionCheck } from '../../core/doctor/detection-check.js';
import { diskCheck } from '../../core/doctor/disk-check.js';
import { examine, outcomeOf } from '../../core/doctor/examine.js';
import { type Check, ok } from '../../core/doctor/finding.js';
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
import { systemClock } from '../../core/runtime/clock.js';
import type { CommandOptions, CommandOutcome } from '../../core/runtime/command-line.js';
import { silentLogger } from '../../core/runtime/logger.js';
import { tlsOptionsOf } from '../api/tls-options.js';
import type { RelayConfig } from '../config.js';
import { bucketCheck } from '../doctor/bucket-check.js';
import { openSharedNotifications, postgresCheck } from '../doctor/postgres-check.js';
import { createSecretKeeper } from '../notifications/way-secrets.js';
import { databaseUrl, guardOptions } from '../store/open-relay-database.js';

/** Checks what the relay needs, and advises what to do. Works whether it runs or not, and changes nothing. */
export async function doctorCommand(
  config: RelayConfig,
  { json }: CommandOptions,
): Promise<CommandOutcome> {
  return outcomeOf(await examine(checksOf(config)), json);
}

function checksOf(config: RelayConfig): Check[] {
  const { dataFolder, detection, images, mqtt } = config;
  const file = join(dataFolder, 'relay.db');
  const url = databaseUrl(config);
  return [
    programCheck('siteglass-relay'),
    serviceCheck('siteglass-relay', config),
    certificateCheck(certificateProvider(tlsOptionsOf(config), silentLogger())),
    dataFolderCheck(dataFolder),
    diskCheck({
      folder: dataFolder,
      minFreeBytes: images.minFreeBytes,
      // Images in a bucket take no space on this disk.
      images: config.files.s3
        ? undefined
        : { maxBytes: images.maxStoredBytes, bytes: () => storedBytes(file) },
    }),
    url === undefined
      ? schemaCheck(guardOptions(dataFolder, silentLogger(), systemClock))
      : postgresCheck(url),
    bucketCheck(config),
    ...(url === undefined ? [notificationCheck(file)] : []),
    waySecretsCheck({
      open: () => (url === undefined ? openNotifications(file) : openSharedNotifications(url)),
      keeper: () => createSecretKeeper(config),
      copies: () =>
        url === undefined
          ? copiesWithSecrets(file, '0012_notifications', '0014_notification_secrets')
          : [],
    }),
    detectionCheck(
      'siteglass-relay',
      { settings: detection, maxPixels: images.maxPixels, dataFolder },
      [],
    ),
    {
      about: 'broker',
      run: () => {
        if ('embedded' in mqtt) return ok('embedded in the relay');
        const clientId = `relay-doctor-${randomBytes(4).toString('hex')}`;
        const filters = [`${mqtt.root}/+/up`];
        return tryBroker({ ...mqtt.external, clientId, filters, protocolVersion: 5 });
      },
    },
  ];
}
