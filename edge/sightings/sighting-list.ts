import type { Kysely } from 'kysely';
import type {
  OneSighting,
  Sighting,
  SightingFilter,
  SightingPage,
  SightingQuery,
} from '../../core/contract/sighting.js';
import { ProblemError } from '../../core/runtime/errors.js';
import { boundedPage } from '../../core/store/bounded-page.js';
import type { SightingTables } from '../store/sighting-row.js';
import { type ListedRow, sightingTable } from '../store/sighting-table.js';
import { presentSighting, type SightingSurroundings } from './sighting-presenter.js';

/** Of a sighting in a page, besides its track. */
const LISTED_BYTES = 400;

/** Rows that are read at once for an export. */
const PART = 200;

export interface SightingListOptions extends Partial<SightingSurroundings> {
  db: Kysely<SightingTables>;
}

/** The stored sightings, for readers. */
export class SightingList {
  readonly #surroundings: SightingSurroundings;

  constructor(private readonly options: SightingListOptions) {
    const { cameraName = () => undefined, links } = options;
    this.#surroundings = { cameraName, links };
  }

  /** A page ends before `limit` if its sightings are large. */
  async page({ limit, after, ...filter }: SightingQuery): Promise<SightingPage> {
    const { db } = this.options;
    const start = after === undefined ? undefined : await sightingTable.place(db, after);
    const { items, hasMore } = await boundedPage<ListedRow>(
      { limit },
      ({ track }) => LISTED_BYTES + track.length,
      (count, last) => sightingTable.list(db, filter, { limit: count, after: last ?? start }),
    );
    return {
      status: 'OK',
      sightings: items.flatMap((row) => this.present(row) ?? []),
      next: hasMore ? (items.at(-1)?.id ?? null) : null,
    };
  }

  /** With those before and after it of a filter. Throws `not_found`. */
  async one(id: string, filter: SightingFilter): Promise<OneSighting> {
    const { db } = this.options;
    const row = await this.#row(id);
    const sighting = this.present(row);
    if (!sighting) throw unknown(id);
    const [[previous], [next]] = await Promise.all([
      sightingTable.list(db, filter, { limit: 1, after: row }),
      sightingTable.list(db, filter, { limit: 1, after: row, oldestFirst: true }),
    ]);
    return { status: 'OK', sighting, previous: previous?.id ?? null, next: next?.id ?? null };
  }

  /** All of a filter, newest first, read in small parts. */
  async *each(filter: SightingFilter): AsyncGenerator<Sighting> {
    for (let after: ListedRow | undefined; ; ) {
      const rows = await sightingTable.list(this.options.db, filter, { limit: PART, after });
      for (const row of rows) {
        const sighting = this.present(row);
        if (sighting) yield sighting;
      }
      if (rows.length < PART) return;
      after = rows.at(-1);
    }
  }

  /** How many sightings a filter has; no more than `most` are counted. */
  count(filter: SightingFilter, most: number): Promise<number> {
    return sightingTable.count(this.options.db, filter, most);
  }

  async get(id: string): Promise<Sighting> {
    const sighting = this.present(await this.#row(id));
    if (!sighting) throw unknown(id);
    return sighting;
  }

  /** None if damage has made it unreadable. */
  present(row: ListedRow): Sighting | undefined {
    return presentSighting(row, this.#surroundings);
  }

  /** The camera of a sighting; undefined if there is none with this id. */
  cameraOf(id: string): Promise<string | undefined> {
    return sightingTable.camera(this.options.db, id);
  }

  /** The cameras and the labels of stored sightings. */
  cameras(): Promise<string[]> {
    return sightingTable.cameras(this.options.db);
  }

  labels(): Promise<string[]> {
    return sightingTable.labels(this.options.db);
  }

  async #row(id: string): Promise<ListedRow> {
    const row = await sightingTable.find(this.options.db, id);
    if (!row) throw unknown(id);
    return row;
  }
}

const unknown = (id: string) => new ProblemError('not_found', `There is no sighting ${id}.`);
