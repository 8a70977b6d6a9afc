import { type DetectionBackend, type JobOrigin, OWN_ORIGIN } from '../detection/detection.js';
import { ProblemError } from '../runtime/errors.js';
import type { ImageStore } from './image-store.js';
import type { StoredImage } from './image-table.js';
import { resultOf } from './presenter.js';
import type { UploadQuota } from './upload-quota.js';

/** How an image is shown. */
export interface Rendition {
  /** Pixels across, at most; all of them if it is undefined. */
  width?: number | undefined;
  /** Draws what was found. */
  boxes: boolean;
}

/** Identifies the bytes of a rendition: becomes an ETag. */
export const renditionTag = (image: StoredImage, { width, boxes }: Rendition): string =>
  `${boxes ? image.analysis_key : image.sha256}-${boxes ? 'boxes' : 'plain'}-${width ?? 'whole'}`;

/** Copies of images as JPEG, which the workers make. Callers that want the same copy at once share it. */
export class Renditions {
  readonly #making = new Map<string, Promise<Buffer>>();

  constructor(
    private readonly store: ImageStore,
    private readonly detection: DetectionBackend,
    private readonly quota: UploadQuota,
  ) {}

  /** Throws `not_found` if the bytes are gone, and what a worker refuses the image with. */
  make(image: StoredImage, rendition: Rendition, origin: JobOrigin = OWN_ORIGIN): Promise<Buffer> {
    const tag = renditionTag(image, rendition);
    const running = this.#making.get(tag);
    if (running) return running;
    this.quota.check(origin);
    const making = this.#make(image, rendition, origin).finally(() => this.#making.delete(tag));
    this.#making.set(tag, making);
    return making;
  }

  #make(image: StoredImage, { width, boxes }: Rendition, origin: JobOrigin): Promise<Buffer> {
    return this.store.guard.use(image.sha256, async () => {
      const bytes = await this.store.originalBytes(image.sha256);
      if (!bytes) throw new ProblemError('not_found', `The bytes of image ${image.id} are gone.`);
      const shown = boxes && image.result !== null ? resultOf(image).detections : [];
      return this.detection.draw(bytes, shown, origin, width);
    });
  }
}
