import type { JobOrigin } from '../detection/detection.js';
import { ProblemError } from '../runtime/errors.js';
import { Semaphore } from '../runtime/semaphore.js';
import type { StoredImage } from './image-table.js';
import type { Images } from './images.js';
import type { Renditions } from './renditions.js';
import type { ThumbnailCache } from './thumbnail-cache.js';

export interface FoundThumbnail {
  jpeg: Buffer;
  image: StoredImage;
}

/** Thumbnails that are made for one client at the same time; a page asks for many at once. */
const AT_ONCE = 4;
const PATIENCE_MS = 20_000;

/** Small copies of images, without boxes: made at the first request. */
export class Thumbnails {
  readonly #turns = new Map<string, { semaphore: Semaphore; users: number }>();

  constructor(
    private readonly images: Pick<Images, 'find' | 'exists'>,
    private readonly renditions: Pick<Renditions, 'make'>,
    /** Without it, each request makes one: where several processes remove images, nobody would remove their thumbnails. */
    private readonly cache: ThumbnailCache | undefined,
  ) {}

  /** Throws `not_found`, `queue_full`, and what a worker refuses the image with. */
  async get(id: string, width: number, origin: JobOrigin): Promise<FoundThumbnail> {
    const image = await this.images.find(id);
    const { sha256 } = image;
    const kept = await this.cache?.get(sha256, width);
    if (kept) return { jpeg: kept, image };
    const jpeg = await this.#inTurn(origin, () =>
      this.renditions.make(image, { width, boxes: false }, origin),
    );
    await this.cache?.put(sha256, width, jpeg);
    // The image may have been removed while the thumbnail was made.
    if (this.cache && !(await this.images.exists(sha256))) await this.cache.removeAll(sha256);
    return { jpeg, image };
  }

  /** Lets a client's requests wait for each other, so that they do not fill the queue of the workers. */
  async #inTurn<T>({ kind, id }: JobOrigin, work: () => Promise<T>): Promise<T> {
    const key = `${kind} ${id}`;
    const turns = this.#turns.get(key) ?? { semaphore: new Semaphore(AT_ONCE), users: 0 };
    this.#turns.set(key, turns);
    turns.users += 1;
    try {
      const release = await turns.semaphore.acquire(AbortSignal.timeout(PATIENCE_MS)).catch(() => {
        throw new ProblemError('queue_full', 'Too many thumbnails are asked for.', {
          retryAfter: 2,
        });
      });
      try {
        return await work();
      } finally {
        release();
      }
    } finally {
      turns.users -= 1;
      if (turns.users === 0) this.#turns.delete(key);
    }
  }
}
