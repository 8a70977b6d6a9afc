import { SerialQueue } from '../../core/runtime/serial-queue.js';
import { tablesOf } from '../../core/store/table-set.js';
import type { CameraConfig } from '../cameras/camera-config.js';
import { cameraFaults, searchFaults } from '../cameras/camera-faults.js';
import { ConfigReload } from '../cameras/config-reload.js';
import type { ConfiguredCameras } from '../cameras/configured-cameras.js';
import { CameraManager } from '../cameras/managed/camera-manager.js';
import { cameraSecrets } from '../cameras/managed/camera-secrets.js';
import { ManagedCameras } from '../cameras/managed/managed-cameras.js';
import { cameraNameFaults, nameFaults } from '../cameras/name-faults.js';
import type { CameraChanges as ScheduleChanges } from '../cameras/schedule/camera-schedule.js';
import type { EdgeConfig } from '../config.js';
import type { EdgeDependencies } from '../store/edge-dependencies.js';
import { managedCameraTables } from '../store/tables.js';
import type { EdgeEvents } from './edge-events.js';

/** What changes the cameras while the appliance runs: a reload of the file, and the API. */
export interface CameraChanges {
  reload: ConfigReload;
  manager: CameraManager;
  warningsOf(camera: CameraConfig): Promise<string[]>;
}

export interface ChangeParts {
  managed: ManagedCameras;
  configured: ConfiguredCameras;
  events: EdgeEvents;
  reread: () => EdgeConfig;
  /** Puts the cameras in `configured` in force. */
  apply(options: ApplyOptions): Promise<ScheduleChanges>;
}

export interface ApplyOptions {
  /** Whether cameras that refused the login too often are asked once more. */
  retriesLogins: boolean;
}

export const loadManagedCameras = ({ config, db }: EdgeDependencies): Promise<ManagedCameras> =>
  new ManagedCameras(tablesOf(db, managedCameraTables), cameraSecrets(config.dataFolder)).load();

export function createCameraChanges(
  { config, detection: { catalog }, log, clock }: EdgeDependencies,
  { managed, configured, events, reread, apply }: ChangeParts,
): CameraChanges {
  const { detection, dataFolder } = config;
  const queue = new SerialQueue();
  const configurationLog = log.child({ component: 'configuration' });
  const reportFaults = () => {
    for (const reason of configured.faults())
      configurationLog.error({ reason }, 'a camera that the API manages is not as it was declared');
  };
  reportFaults();
  const warnings = async (cameras: readonly CameraConfig[], settings = detection) => {
    const named = { detection: settings, cameras: [...cameras] };
    const faults = await searchFaults(named, await catalog.names());
    return [...new Set(faults.map(({ message }) => message)), ...cameraFaults(cameras)];
  };
  const reload = new ConfigReload({
    ...{ config, queue, read: reread, log: configurationLog },
    check: async (next) => nameFaults(next, await catalog.names()),
    warningsOf: async (next) => [
      ...(await warnings(configured.all, next.detection)),
      ...configured.faults(),
    ],
    reloadedBySignal: () => events.emit('reloadedBySignal', undefined),
    replaceCameras: (cameras) => {
      configured.replaceFile(cameras);
      reportFaults();
      return apply({ retriesLogins: true });
    },
  });
  const manager = new CameraManager({
    ...{ configured, managed, queue, dataFolder, clock },
    // A change of one camera is no reason to ask the others, whose accounts could be locked.
    apply: () => apply({ retriesLogins: false }),
    check: async (camera) => {
      const known = await catalog.names();
      return cameraNameFaults({ cameras: [camera], detection }, known).flatMap(({ errors }) =>
        errors.map(({ path, message }) => ({ path: path.replace(/^cameras\.0\./, ''), message })),
      );
    },
  });
  return { reload, manager, warningsOf: (camera) => warnings([camera]) };
}
