import { readSecret } from '../../core/runtime/configuration.js';
import { StartError } from '../../core/runtime/errors.js';
import type { RelayConfig } from '../config.js';

/** Creates the configured bucket if it does not exist. Resolves with the result as text; throws StartError. */
export async function bucketCommand({ files }: RelayConfig): Promise<string> {
  if (!files.s3)
    throw new StartError('no bucket is configured; set files.s3 and run the command again');
  const { createBucket } = await import('../../core/store/s3-file-store.js');
  const { accessKeyId, secretAccessKey, ...bucket } = files.s3;
  const isNew = await createBucket({
    ...bucket,
    accessKeyId: readSecret(accessKeyId),
    secretAccessKey: readSecret(secretAccessKey),
  });
  return `The bucket ${bucket.bucket} ${isNew ? 'was created' : 'already exists'}.`;
}
