import type { JobOrigin } from '../detection/detection.js';
import type { StoredImage } from './image-table.js';
import type { Images } from './images.js';
import type { Renditions } from './renditions.js';
import type { ThumbnailCache } from './thumbnail-cache.js';

export interface Thumbnail {
  jpeg: Buffer;
  image: StoredImage;
}

/** Small copies of images, without boxes: made at the first request. */
export class Thumbnails {
  constructor(
    private readonly images: Images,
    private readonly renditions: Renditions,
    /** Without it, each request makes one: where several processes remove images, nobody would remove their thumbnails. */
    private readonly cache: ThumbnailCache | undefined,
  ) {}

  /** Throws `not_found`. */
  async get(id: string, width: number, origin: JobOrigin): Promise<Thumbnail> {
    const image = await this.images.find(id);
    const kept = await this.cache?.get(image.sha256, width);
    if (kept) return { jpeg: kept, image };
    const jpeg = await this.renditions.make(image, { width, boxes: false }, origin);
    await this.cache?.put(image.sha256, width, jpeg);
    // The image may have been removed while the thumbnail was made.
    if (this.cache && !(await this.images.exists(image.sha256)))
      await this.cache.removeAll(image.sha256);
    return { jpeg, image };
  }
}
