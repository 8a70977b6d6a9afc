import { setTimeout as delay } from 'node:timers/promises';
import { type DetectionBackend, type JobOrigin, OWN_ORIGIN } from '../detection/detection.js';
import { ProblemError } from '../runtime/errors.js';
import { bufferFile } from '../store/buffer-file.js';
import type { StoredFile } from '../store/file-store.js';
import type { ImageStore } from './image-store.js';
import type { StoredImage } from './image-table.js';
import type { Images } from './images.js';
import { resultOf, statusOf } from './presenter.js';
import type { UploadQuota } from './upload-quota.js';

const PENDING_TIMEOUT_MS = 15_000;
const POLL_INTERVAL_MS = 100;

export interface ProcessedImage {
  file: StoredFile;
  mediaType: string;
  /** Changes whenever the bytes do. */
  tag: string;
  image: StoredImage;
}

/** The images with boxes drawn: rendered at the first request, and stored if there is space. */
export class ProcessedImages {
  readonly #rendering = new Map<string, Promise<Buffer>>();

  constructor(
    private readonly images: Images,
    private readonly store: ImageStore,
    private readonly detection: DetectionBackend,
    private readonly quota: UploadQuota,
  ) {}

  async get(id: string, origin: JobOrigin = OWN_ORIGIN): Promise<ProcessedImage> {
    const image = await this.#analysed(id);
    const nothingFound = resultOf(image).detections.length === 0;
    if (nothingFound) {
      const file = await this.store.original(image.sha256);
      if (!file) throw new ProblemError('not_found', `The bytes of image ${id} are gone.`);
      return { file, mediaType: image.media_type, tag: image.sha256, image };
    }
    const file = await this.#rendered(image, origin);
    return { file, mediaType: 'image/jpeg', tag: `${image.analysis_key}-boxes`, image };
  }

  /** Removes the rendered image; it is rendered again on request. */
  async remove(id: string): Promise<void> {
    const { analysis_key } = await this.images.find(id);
    await this.store.removeProcessed(analysis_key);
  }

  async #analysed(id: string): Promise<StoredImage> {
    const deadline = performance.now() + PENDING_TIMEOUT_MS;
    for (;;) {
      const image = await this.images.find(id);
      const status = statusOf(image);
      if (status === 'OK') return image;
      if (status === 'FAILED')
        throw new ProblemError('analysis_failed', 'The image could not be analysed.');
      if (performance.now() > deadline)
        throw new ProblemError('queue_full', 'The analysis of the image is still pending.', {
          retryAfter: 5,
        });
      await delay(POLL_INTERVAL_MS);
    }
  }

  async #rendered(image: StoredImage, origin: JobOrigin): Promise<StoredFile> {
    const key = image.analysis_key;
    const stored = await this.store.processed(key);
    if (stored) return stored;
    return bufferFile(
      await this.store.guard.use(image.sha256, () => this.#renderOnce(key, image, origin)),
    );
  }

  #renderOnce(key: string, image: StoredImage, origin: JobOrigin): Promise<Buffer> {
    const running = this.#rendering.get(key);
    if (running) return running;
    this.quota.check(origin);
    const rendering = this.#render(key, image, origin).finally(() => this.#rendering.delete(key));
    this.#rendering.set(key, rendering);
    return rendering;
  }

  async #render(key: string, image: StoredImage, origin: JobOrigin): Promise<Buffer> {
    const bytes = await this.store.originalBytes(image.sha256);
    if (!bytes) throw new ProblemError('not_found', `The bytes of image ${image.id} are gone.`);
    const rendered = await this.detection.draw(bytes, resultOf(image).detections, origin);
    await this.store.keepProcessed(key, rendered);
    return rendered;
  }
}
