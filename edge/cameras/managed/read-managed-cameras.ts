import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openReadOnly } from '../../../core/store/read-only.js';
import type { ManagedCameraRow } from '../../store/managed-camera-table.js';
import type { CameraConfig } from '../camera-config.js';
import { ConfiguredCameras } from '../configured-cameras.js';
import { cameraSecrets } from './camera-secrets.js';
import { type ManagedCamera, managedCameraOf } from './managed-cameras.js';

/**
 * The cameras that the API manages, read beside the running appliance. None if the database does not exist, cannot be
 * read, or is of a version before.
 */
export function readManagedCameras(dataFolder: string): ManagedCamera[] {
  const file = join(dataFolder, 'edge.db');
  if (!existsSync(file)) return [];
  const secrets = cameraSecrets(dataFolder);
  return rowsIn(file).map((row) => managedCameraOf(row, secrets));
}

function rowsIn(file: string): ManagedCameraRow[] {
  try {
    const sqlite = openReadOnly(file);
    try {
      return sqlite.prepare('select * from managed_camera order by id').all() as ManagedCameraRow[];
    } finally {
      sqlite.close();
    }
  } catch {
    // Why it cannot be read is for the check of the database to say.
    return [];
  }
}

interface Declared {
  dataFolder: string;
  cameras: CameraConfig[];
}

interface WithManaged<C> {
  config: C;
  managed: ManagedCamera[];
  /** What is wrong with the cameras of the API, one line for each. */
  faults: string[];
}

/** A configuration with the cameras of the API, for commands. */
export function withManagedCameras<C extends Declared>(config: C): WithManaged<C> {
  const all = readManagedCameras(config.dataFolder);
  const configured = new ConfiguredCameras(config.cameras, { all });
  const cameras = [...configured.all];
  return { config: { ...config, cameras }, managed: all, faults: configured.faults() };
}
