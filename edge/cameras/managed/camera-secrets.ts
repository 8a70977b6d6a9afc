import { join } from 'node:path';
import { SecretFiles } from '../../../core/store/secret-files.js';

/** The folder in the data folder. With the name of the database before it, it is in no backup. */
export const CAMERA_SECRETS = 'edge.db.secrets';

/** The secrets of cameras that the API manages. */
export const cameraSecrets = (dataFolder: string): SecretFiles =>
  new SecretFiles(join(dataFolder, CAMERA_SECRETS));
