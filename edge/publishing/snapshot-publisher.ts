import { buffer } from 'node:stream/consumers';
import type { MessageBus } from '../../core/messaging/message-bus.js';
import { messageOf } from '../../core/runtime/errors.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { StoredFile } from '../../core/store/file-store.js';

export interface SnapshotPublisherOptions {
  site: string;
  bus: MessageBus;
  /** The image with boxes. */
  processed(image: string): Promise<{ file: StoredFile; mediaType: string }>;
  log: Logger;
}

/** Publishes the cameras' snapshots, one at a time for each camera. Meanwhile only the newest further one waits. */
export class SnapshotPublisher {
  readonly #next = new Map<string, string | undefined>();

  constructor(private readonly options: SnapshotPublisherOptions) {}

  recorded(camera: string, image: string): void {
    if (!this.options.bus.connected) return;
    const isBusy = this.#next.has(camera);
    this.#next.set(camera, image);
    if (!isBusy) void this.#publishAll(camera);
  }

  async #publishAll(camera: string): Promise<void> {
    for (let image = this.#take(camera); image; image = this.#take(camera))
      await this.#publish(camera, image).catch((error: unknown) => {
        this.options.log.debug({ camera, error: messageOf(error) }, 'snapshot not published');
      });
    this.#next.delete(camera);
  }

  #take(camera: string): string | undefined {
    const image = this.#next.get(camera);
    this.#next.set(camera, undefined);
    return image;
  }

  async #publish(camera: string, image: string): Promise<void> {
    const { bus, site, processed } = this.options;
    const { file, mediaType } = await processed(image);
    if (mediaType !== 'image/jpeg') return;
    await bus.publish('snapshot', { site, camera }, await buffer(file.read()));
  }
}
