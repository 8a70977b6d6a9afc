import { join } from 'node:path';
import { readSecret } from '../../core/runtime/configuration.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { FileStore } from '../../core/store/file-store.js';
import { LocalFileStore } from '../../core/store/local-file-store.js';
import type { RelayConfig } from '../config.js';

/** A bucket if one is configured, otherwise a folder. */
export async function createFileStore({
  dataFolder,
  files,
}: RelayConfig): Promise<FileStore & Service> {
  if (!files.s3) return new LocalFileStore(join(dataFolder, 'images'));
  // The client takes 20 MB of memory, so it is loaded only if it is used.
  const { S3FileStore } = await import('../../core/store/s3-file-store.js');
  const { accessKeyId, secretAccessKey, ...bucket } = files.s3;
  return new S3FileStore({
    ...bucket,
    accessKeyId: readSecret(accessKeyId),
    secretAccessKey: readSecret(secretAccessKey),
  });
}
