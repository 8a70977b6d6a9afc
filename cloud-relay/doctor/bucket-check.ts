import { type Check, failure, ok } from '../../core/doctor/finding.js';
import { messageOf } from '../../core/runtime/errors.js';
import type { RelayConfig } from '../config.js';
import { createFileStore } from '../store/create-file-store.js';

/** Whether the bucket for images exists and is accessible. */
export const bucketCheck = (config: RelayConfig): Check => ({
  about: 'bucket',
  async run() {
    const { s3 } = config.files;
    if (!s3) return ok('none configured; images are in the data folder');
    try {
      const store = await createFileStore(config);
      await store.start?.();
      await store.stop?.();
      return ok(`${s3.bucket} is accessible`);
    } catch (error) {
      return failure(
        messageOf(error),
        'Check that the bucket exists ("siteglass-relay bucket" creates it), and check files.s3.endpoint and the keys.',
      );
    }
  },
});
