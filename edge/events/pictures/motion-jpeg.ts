import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { JobOrigin } from '../../../core/detection/detection.js';
import { clientStream } from '../../../core/http/client-stream.js';
import { StreamPlaces } from '../../../core/http/stream-places.js';
import type { Rendition } from '../../../core/images/renditions.js';
import { AutoResetEvent } from '../../../core/runtime/auto-reset-event.js';
import { messageOf } from '../../../core/runtime/errors.js';
import type { Service } from '../../../core/runtime/lifecycle.js';
import type { Logger } from '../../../core/runtime/logger.js';
import type { EdgeEvents } from '../../pipeline/edge-events.js';
import type { LatestPictures } from './latest-pictures.js';

/** Between the parts. It is in no JPEG: each picture has its length. */
export const BOUNDARY = 'siteglass-picture';

export interface MotionJpegOptions {
  pictures: Pick<LatestPictures, 'get'>;
  /** Throws `not_found` for a camera that does not exist. */
  check(camera: string): void;
  log: Logger;
  maxClients?: number;
  /** Of one network. */
  maxClientsEach?: number;
  /** The last picture is sent again after this long, which shows whether the client is still there. */
  repeatMs?: number;
  patienceMs?: number;
}

interface Viewer {
  camera: string;
  wakeUp: AutoResetEvent;
  ended: AbortController;
  end(): void;
}

/** After a failure to make a picture. */
const RETRY_MS = 2_000;

/**
 * The newest analysed pictures of a camera one after the other, as `multipart/x-mixed-replace`. A slow client skips
 * pictures, and one that stops reading is disconnected.
 */
export class MotionJpeg implements Service {
  readonly name = 'motion JPEG';
  readonly #places: StreamPlaces<Viewer>;

  constructor(private readonly options: MotionJpegOptions) {
    const { maxClients: all = 32, maxClientsEach: each = 8 } = options;
    this.#places = new StreamPlaces('picture streams', { all, each });
  }

  get clients(): number {
    return this.#places.size;
  }

  /** Call it once, before the events begin. */
  subscribe(events: EdgeEvents): void {
    events.on('snapshotRecorded', ({ camera }) => {
      for (const viewer of this.#places.clients())
        if (viewer.camera === camera) viewer.wakeUp.set();
    });
    events.on('cameraRemoved', (camera) => {
      for (const viewer of this.#places.clients()) if (viewer.camera === camera) viewer.end();
    });
  }

  async stop(): Promise<void> {
    this.#places.close();
  }

  /** Throws `not_found`, `streams_full` or `shutting_down`. */
  open(camera: string, shown: Rendition, address: string, origin: JobOrigin): Readable {
    const { check, repeatMs = 15_000, patienceMs = 60_000 } = this.options;
    check(camera);
    const [wakeUp, ended] = [new AutoResetEvent(), new AbortController()];
    const end = () => {
      ended.abort();
      wakeUp.set();
    };
    const viewer: Viewer = { camera, wakeUp, ended, end };
    this.#places.take(viewer, address);
    const stream = clientStream((onDrained) => this.#parts(viewer, shown, origin, onDrained), {
      patienceMs: patienceMs + repeatMs,
      onEnd: end,
    });
    stream.once('close', () => this.#places.leave(viewer));
    return stream;
  }

  async *#parts(
    { camera, wakeUp, ended }: Viewer,
    shown: Rendition,
    origin: JobOrigin,
    onDrained: () => void,
  ): AsyncGenerator<Buffer> {
    const { repeatMs = 15_000 } = this.options;
    yield Buffer.from(`--${BOUNDARY}\r\n`);
    while (!ended.signal.aborted) {
      onDrained();
      const part = await this.#part(camera, shown, origin);
      if (ended.signal.aborted) return;
      if (part) yield part;
      await wakeUp.wait(part ? repeatMs : Math.min(repeatMs, RETRY_MS));
    }
  }

  /** Ends with the boundary: browsers show a picture once they have that. Undefined if none can be made at present. */
  async #part(camera: string, shown: Rendition, origin: JobOrigin): Promise<Buffer | undefined> {
    try {
      const { image, file } = await this.options.pictures.get(camera, shown, origin);
      const jpeg = await buffer(file.read());
      const taken = new Date(Number(image.created_at)).toUTCString();
      return Buffer.concat([
        Buffer.from(
          `Content-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\nLast-Modified: ${taken}\r\nSiteglass-Image: ${image.id}\r\n\r\n`,
        ),
        jpeg,
        Buffer.from(`\r\n--${BOUNDARY}\r\n`),
      ]);
    } catch (error) {
      this.options.log.debug({ camera, error: messageOf(error) }, 'picture of a stream not made');
      return undefined;
    }
  }
}
