import { Readable } from 'node:stream';
import type { Sighting, SightingFilter } from '../../../core/contract/sighting.js';
import { CallerPlaces } from '../../../core/http/caller-places.js';
import { clientStream } from '../../../core/http/client-stream.js';
import type { ImageStore } from '../../../core/images/image-store.js';
import { imageTable } from '../../../core/images/image-table.js';
import { type Clock, toIsoString } from '../../../core/runtime/clock.js';
import { ProblemError } from '../../../core/runtime/errors.js';
import type { Service } from '../../../core/runtime/lifecycle.js';
import type { SightingList } from '../../sightings/sighting-list.js';
import { type ArchivedPicture, cocoArchive } from './coco-archive.js';
import { csvHeader, csvRow } from './csv.js';

export interface ExportsOptions {
  site: string;
  version: string;
  list: SightingList;
  store: ImageStore;
  clock: Clock;
  /** An export that nobody reads for so long ends, and one that is read more slowly than `minBytesPerSecond` for longer. */
  patienceMs?: number;
  minBytesPerSecond?: number;
  maxRows?: number;
  maxPictures?: number;
}

/** Sightings of a filter as files. An export is read at its client's pace and ends with it. */
export class Exports implements Service {
  readonly name = 'exports';
  readonly #running = new Set<Readable>();
  /** Those that are counted and read before their first byte have one. */
  readonly #places = new CallerPlaces({ all: 2, what: 'export', retryAfterSeconds: 10 });

  constructor(private readonly options: ExportsOptions) {}

  get running(): number {
    return this.#places.taken;
  }

  async stop(): Promise<void> {
    for (const running of this.#running) running.destroy();
  }

  /** Throws `exports_busy`, `rate_limited` if the caller has one, or `invalid_parameter` if there are too many sightings. */
  csv(filter: SightingFilter, caller: string): Promise<Readable> {
    return this.#inPlace(caller, async () => {
      await this.#check(filter, this.options.maxRows ?? 200_000);
      return Readable.from(csvOf(this.options.list, filter), {
        objectMode: false,
        highWaterMark: 65_536,
      });
    });
  }

  /** Throws as `csv`. */
  coco(filter: SightingFilter, caller: string): Promise<Readable> {
    return this.#inPlace(caller, async () => {
      await this.#check(filter, this.options.maxPictures ?? 5_000);
      const { site, version, list, clock } = this.options;
      const pictures = new Map<string, Sighting[]>();
      for await (const sighting of list.each(filter)) {
        const { image } = sighting.best;
        if (sighting.pictureSize) pictures.set(image, [...(pictures.get(image) ?? []), sighting]);
      }
      const at = toIsoString(clock());
      const open = (image: string) => this.#picture(image);
      return cocoArchive({ pictures, open, site, version, at });
    });
  }

  async #check(filter: SightingFilter, most: number): Promise<void> {
    if ((await this.options.list.count(filter, most + 1)) <= most) return;
    const message = `more than ${most} sightings match; ask for a shorter time, or for some cameras or labels alone`;
    throw new ProblemError('invalid_parameter', `In the query: from: ${message}`, {
      errors: [{ path: 'from', message }],
    });
  }

  /** The place is taken before anything is read, and free again when the export has ended. */
  async #inPlace(caller: string, make: () => Promise<Readable>): Promise<Readable> {
    const { patienceMs = 300_000, minBytesPerSecond = 65_536 } = this.options;
    const free = this.#places.take(caller);
    try {
      const content = await make();
      const limits = { patienceMs, minBytesPerSecond };
      const shown = clientStream((onDrained) => partsOf(content, limits, onDrained), {
        patienceMs,
        onEnd: () => content.destroy(),
      });
      this.#running.add(shown);
      shown.once('close', () => {
        this.#running.delete(shown);
        free();
      });
      return shown;
    } catch (error) {
      free();
      throw error;
    }
  }

  async #picture(id: string): Promise<ArchivedPicture | undefined> {
    const { store } = this.options;
    const image = await imageTable.find(store.db, id);
    const file = image && (await store.original(image.sha256));
    if (!file) return undefined;
    return { file, mediaType: image.media_type, width: image.width, height: image.height };
  }
}

interface ReadLimits {
  patienceMs: number;
  minBytesPerSecond: number;
}

/** Ends for a reader that takes a little now and then only, to keep its place. The time that the parts take is not its own. */
async function* partsOf(
  content: Readable,
  { patienceMs, minBytesPerSecond }: ReadLimits,
  onDrained: () => void,
): AsyncGenerator<Buffer> {
  let [waitedMs, bytes] = [0, 0];
  for await (const part of content as AsyncIterable<Buffer>) {
    const since = performance.now();
    yield part;
    onDrained();
    waitedMs += performance.now() - since;
    bytes += part.length;
    if (waitedMs > patienceMs + (bytes / minBytesPerSecond) * 1_000)
      throw new Error('the export is read too slowly');
  }
}

async function* csvOf(list: SightingList, filter: SightingFilter): AsyncGenerator<string> {
  yield csvHeader;
  for await (const sighting of list.each(filter)) yield csvRow(sighting);
}
