import { Readable } from 'node:stream';
import type { Sighting, SightingFilter } from '../../../core/contract/sighting.js';
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
  /** Exports that are made at the same time. */
  atOnce?: number;
  /** An export that nobody reads for so long ends. */
  patienceMs?: number;
  maxRows?: number;
  maxPictures?: number;
}

/** Sightings of a filter as files. An export is read at its client's pace and ends with it. */
export class Exports implements Service {
  readonly name = 'exports';
  readonly #running = new Set<Readable>();
  /** Those that are counted and read before their first byte are among them. */
  #places = 0;

  constructor(private readonly options: ExportsOptions) {}

  get running(): number {
    return this.#places;
  }

  async stop(): Promise<void> {
    for (const running of this.#running) running.destroy();
  }

  /** Throws `exports_busy`, or `invalid_parameter` if there are too many sightings. */
  csv(filter: SightingFilter): Promise<Readable> {
    return this.#inPlace(async () => {
      await this.#check(filter, this.options.maxRows ?? 200_000);
      return Readable.from(csvOf(this.options.list, filter), {
        objectMode: false,
        highWaterMark: 65_536,
      });
    });
  }

  /** Throws as `csv`. */
  coco(filter: SightingFilter): Promise<Readable> {
    return this.#inPlace(async () => {
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
  async #inPlace(make: () => Promise<Readable>): Promise<Readable> {
    const { atOnce = 2, patienceMs = 300_000 } = this.options;
    if (this.#places >= atOnce)
      throw new ProblemError(
        'exports_busy',
        `${atOnce} exports are being made. Retry when one is complete.`,
        { retryAfter: 10 },
      );
    this.#places += 1;
    try {
      const content = await make();
      const shown = clientStream((onDrained) => partsOf(content, onDrained), {
        patienceMs,
        onEnd: () => content.destroy(),
      });
      this.#running.add(shown);
      shown.once('close', () => {
        this.#running.delete(shown);
        this.#places -= 1;
      });
      return shown;
    } catch (error) {
      this.#places -= 1;
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

async function* partsOf(content: Readable, onDrained: () => void): AsyncGenerator<Buffer> {
  for await (const part of content as AsyncIterable<Buffer>) {
    yield part;
    onDrained();
  }
}

async function* csvOf(list: SightingList, filter: SightingFilter): AsyncGenerator<string> {
  yield csvHeader;
  for await (const sighting of list.each(filter)) yield csvRow(sighting);
}
