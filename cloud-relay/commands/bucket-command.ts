import { readSecret } from '../../core/runtime/configuration.js';
import { StartError } from '../../core/runtime/errors.js';
import type { RelayConfig } from '../config.js';

/** Makes the bucket of the configuration, unless it is there. Resolves with what was done; throws StartError. */
export async function bucketCommand({ files }: RelayConfig): Promise<string> {
  if (!files.s3) throw new StartError('the configuration names no bucket (files.s3)');
  const { makeBucket } = await import('../../core/store/s3-file-store.js');
  const { accessKeyId, secretAccessKey, ...bucket } = files.s3;
  const made = await makeBucket({
    ...bucket,
    accessKeyId: readSecret(accessKeyId),
    secretAccessKey: readSecret(secretAccessKey),
  });
  return `The bucket ${bucket.bucket} ${made ? 'was made' : 'is there'}.`;
}
