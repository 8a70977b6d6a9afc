import type { JobOrigin } from '../../../core/detection/detection.js';
import type { ImageStore } from '../../../core/images/image-store.js';
import type { StoredImage } from '../../../core/images/image-table.js';
import type { Images } from '../../../core/images/images.js';
import { resultOf } from '../../../core/images/presenter.js';
import type { ProcessedImages } from '../../../core/images/processed-images.js';
import { type Rendition, type Renditions, renditionTag } from '../../../core/images/renditions.js';
import { ProblemError } from '../../../core/runtime/errors.js';
import { bufferFile } from '../../../core/store/buffer-file.js';
import type { StoredFile } from '../../../core/store/file-store.js';
import { BufferCache } from './buffer-cache.js';

export interface LatestPicturesOptions {
  /** Throws `not_found` for a camera that does not exist. */
  check(camera: string): void;
  /** The id of the newest picture of a camera that was stored, from memory. */
  newestStored(camera: string): string | undefined;
  /** The same from the database, for when that one has been removed. */
  findNewest(camera: string): Promise<string | undefined>;
  images: Images;
  store: ImageStore;
  processed: ProcessedImages;
  renditions: Renditions;
  /** Limit on the bytes of copies that are kept in memory. */
  maxCachedBytes?: number;
}

export interface LatestPicture {
  image: StoredImage;
  /** A JPEG. */
  file: StoredFile;
  /** Changes whenever the bytes do. */
  tag: string;
}

/** The newest analysed picture of each camera, as JPEG. Copies are made once for all who look at them. */
export class LatestPictures {
  readonly #cache: BufferCache;

  constructor(private readonly options: LatestPicturesOptions) {
    this.#cache = new BufferCache(options.maxCachedBytes ?? 32 * 1024 ** 2);
  }

  /** Throws `not_found` before the first picture. */
  async get(camera: string, wanted: Rendition, origin: JobOrigin): Promise<LatestPicture> {
    this.options.check(camera);
    const image = await this.newest(camera);
    if (!image)
      throw new ProblemError(
        'not_found',
        `The camera ${camera} has no analysed picture yet. Wait for its next snapshot, or take one now.`,
      );
    const isWhole = wanted.width === undefined || wanted.width >= image.width;
    const width = isWhole ? undefined : wanted.width;
    const boxes = wanted.boxes && resultOf(image).detections.length > 0;
    return this.#shown(image, { width, boxes }, origin);
  }

  /** Undefined if there is none. */
  async newest(camera: string): Promise<StoredImage | undefined> {
    const { newestStored, findNewest } = this.options;
    const known = newestStored(camera);
    const image = known && (await this.#find(known));
    if (image) return image;
    const other = await findNewest(camera);
    return other === undefined ? undefined : this.#find(other);
  }

  async #shown(image: StoredImage, shown: Rendition, origin: JobOrigin): Promise<LatestPicture> {
    const { store, processed, renditions } = this.options;
    if (shown.width === undefined && shown.boxes) {
      const { file, tag } = await processed.get(image.id, origin);
      return { image, file, tag };
    }
    if (shown.width === undefined && image.media_type === 'image/jpeg') {
      const file = await store.original(image.sha256);
      if (!file) throw new ProblemError('not_found', `The bytes of image ${image.id} are gone.`);
      return { image, file, tag: image.sha256 };
    }
    const tag = renditionTag(image, shown);
    const cached = this.#cache.get(tag);
    const jpeg = cached ?? (await renditions.make(image, shown, origin));
    if (!cached) this.#cache.set(tag, jpeg);
    return { image, file: bufferFile(jpeg), tag };
  }

  /** Undefined if it was removed. */
  async #find(id: string): Promise<StoredImage | undefined> {
    try {
      return await this.options.images.find(id);
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'not_found') return undefined;
      throw error;
    }
  }
}
