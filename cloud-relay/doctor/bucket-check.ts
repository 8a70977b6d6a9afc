import { type Check, failure, ok } from '../../core/doctor/finding.js';
import { messageOf } from '../../core/runtime/errors.js';
import type { RelayConfig } from '../config.js';
import { createFileStore } from '../store/create-file-store.js';

/** Whether the bucket for images is there, and may be used. */
export const bucketCheck = (config: RelayConfig): Check => ({
  about: 'bucket',
  async run() {
    const { s3 } = config.files;
    if (!s3) return ok('none is configured: images are in the data folder');
    try {
      const store = await createFileStore(config);
      await store.start?.();
      await store.stop?.();
      return ok(`${s3.bucket} can be used`);
    } catch (error) {
      return failure(
        messageOf(error),
        'Does it exist, and are files.s3.endpoint and the keys right?',
      );
    }
  },
});
