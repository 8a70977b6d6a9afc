import { buffer } from 'node:stream/consumers';
import type { Pictures } from '../../core/notifications/ways/picture.js';
import { ProblemError } from '../../core/runtime/errors.js';
import type { Storage } from '../retention/create-storage.js';

/** Snapshots with boxes, as far as they are stored. `linkOf` makes addresses that need no token. */
export const edgePictures = (
  { images: { images, processed } }: Storage,
  linkOf: (image: string) => string,
): Pictures => ({
  linkOf,
  async bytesOf(image) {
    try {
      const { file, mediaType } = await processed.get(image);
      return { bytes: await buffer(file.read()), mediaType };
    } catch (error) {
      // Retention may have removed it, or there was no space for it.
      if (error instanceof ProblemError && error.code === 'not_found') return undefined;
      throw error;
    }
  },
  async newest() {
    const { images: newest } = await images.list({ limit: 20 });
    return newest.find(({ camera }) => camera !== null)?.id;
  },
});
