import { certificateCheck } from '../../core/doctor/certificate-check.js';
import { dataFolderCheck } from '../../core/doctor/data-folder-check.js';
import { ownDetectionCheck } from '../../core/doctor/detection-check.js';
import { diskCheck } from '../../core/doctor/disk-check.js';
import { type Check, failure, ok, type Verdict, warning } from '../../core/doctor/finding.js';
import { programCheck } from '../../core/doctor/program-check.js';
import { serviceCheck } from '../../core/doctor/service-check.js';
import type { CertificateProvider } from '../../core/http/tls/certificate-provider.js';
import type { DatabaseGuard } from '../../core/store/guarded-database.js';
import { brokerChecks } from '../doctor/broker-checks.js';
import { ownCamerasCheck } from '../doctor/cameras-check.js';
import { clockCheck } from '../doctor/clock-check.js';
import { detectorUsesOf } from '../doctor/detector-uses.js';
import { managedCamerasCheck } from '../doctor/managed-cameras-check.js';
import { relayCheck } from '../doctor/relay-check.js';
import { secretsCheck } from '../doctor/secrets-check.js';
import { setupCheck } from '../doctor/setup-check.js';
import type { CameraPipeline } from '../pipeline/create-pipeline.js';
import type { Storage } from '../retention/create-storage.js';
import type { EdgeDependencies } from '../store/edge-dependencies.js';

export interface OwnCheckParts {
  dependencies: EdgeDependencies;
  storage: Pick<Storage, 'images'>;
  pipeline: Pick<CameraPipeline, 'cameras' | 'configured' | 'managed'>;
  guard: DatabaseGuard;
  databaseFile: string;
  provider: CertificateProvider;
}

/**
 * The checks of the command `doctor`, by the running appliance itself. They use its workers and what it knows, so that
 * they start no second worker, read no whole database, and take no picture from a camera that works.
 */
export function ownChecks(parts: OwnCheckParts): Check[] {
  const { dependencies, storage, pipeline, guard, databaseFile, provider } = parts;
  const { config, detection } = dependencies;
  const { dataFolder, images } = config;
  const cameras = pipeline.configured.all;
  const statuses = pipeline.cameras.statuses();
  const isOnline = (id: string) =>
    statuses.some((one) => one.id === id && ['online', 'paused'].includes(one.state));
  const reported = Object.fromEntries(
    statuses.map(({ id, state, lastError }) => [id, { state, lastError }]),
  );
  const { settings, maxPixels } = { settings: config.detection, maxPixels: images.maxPixels };
  return [
    programCheck('siteglass-edge'),
    serviceCheck('siteglass-edge', config),
    setupCheck(dataFolder),
    secretsCheck({ ...config, cameras: [...cameras] }),
    certificateCheck(provider),
    dataFolderCheck(dataFolder),
    diskCheck({
      folder: dataFolder,
      minFreeBytes: images.minFreeBytes,
      images: {
        maxBytes: images.maxStoredBytes,
        bytes: async () => storage.images.store.budget.usedBytes,
      },
    }),
    databaseCheck(guard),
    clockCheck(),
    ownDetectionCheck('siteglass-edge', detection, { settings }, cameras.flatMap(detectorUsesOf)),
    managedCamerasCheck(pipeline.managed.all.length, pipeline.configured.faults()),
    ownCamerasCheck(
      { cameras, detection: { settings, maxPixels, dataFolder }, isRunning: true, reported },
      (bytes) => detection.pool.analyse(bytes, detection.catalog.plan({})),
      ({ id }) => !isOnline(id),
    ),
    ...brokerChecks(config, true),
    relayCheck(config, databaseFile, true),
  ];
}

const databaseCheck = (guard: DatabaseGuard): Check => ({
  about: 'database',
  run(): Verdict[] {
    if (guard.fault)
      return [failure(guard.fault, 'Restart the appliance: it repairs the database.')];
    const repaired = guard
      .repairs()
      .map((line) => warning(line, 'Run: sudo siteglass-edge database accept'));
    return [ok('in use, and no damage is known'), ...repaired];
  },
});
