import type { Kysely } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { SightingEvent, SightingPage, SightingQuery } from '../../core/contract/sighting.js';
import { toIsoString } from '../../core/runtime/clock.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import { boundedPage } from '../../core/store/bounded-page.js';
import { type EventTables, eventTable } from '../store/event-table.js';
import { type SightingRow, type SightingTables, sightingTable } from '../store/sighting-table.js';
import { toSightingPage } from './sighting-presenter.js';
import type { TrackingSettings } from './sighting-settings.js';
import { toRow, trackOf } from './track-row.js';
import {
  advance,
  type Frame,
  hasPendingChange,
  shifted,
  type Track,
  type TrackUpdate,
} from './tracks.js';

type Db = Kysely<SightingTables & EventTables>;

/** Smaller corrections of the clock do not matter. */
const SHIFT_MS = 30_000;
/** Of a sighting in a page, besides its track. */
const LISTED_BYTES = 400;

/** What one snapshot changed. Pass it to `apply` after the commit. */
export interface SightingUpdate {
  tracks: Track[];
  events: SightingEvent[];
}

export interface SightingsOptions {
  db: Db;
  /** The configured cameras; sightings of others end at the start. */
  cameras(): string[];
  /** How far the clock that stamps the snapshots is ahead of one that nobody sets, in milliseconds. */
  clockAhead?: () => number;
  log: Logger;
}

/**
 * Tracks the objects at every camera. `update` writes the changes in the caller's transaction; `apply` puts them into
 * effect after its commit. Callers pass the snapshots of one camera one after the other.
 */
export class Sightings implements Service {
  readonly name = 'sightings';
  readonly #tracks = new Map<string, Track[]>();
  /** `clockAhead` when the tracks of a camera were stamped. */
  readonly #stampedAhead = new Map<string, number>();

  constructor(private readonly options: SightingsOptions) {}

  /** Loads the sightings that were open when the appliance stopped. Those that damage has made unreadable are removed. */
  async start(): Promise<void> {
    const { db, log } = this.options;
    for (const row of await sightingTable.open(db)) {
      const { id, camera } = row;
      const track = trackOf(row);
      if (track) {
        this.#tracks.set(camera, [...this.tracksOf(camera), track]);
        this.#stampedAhead.set(camera, this.#ahead);
      } else {
        await sightingTable.remove(db, id);
        log.error({ camera, sighting: id }, 'stored sighting cannot be read; removed');
      }
    }
    await this.endForRemovedCameras();
  }

  /** Ends the sightings of cameras that were removed. */
  async endForRemovedCameras(): Promise<void> {
    const { db, cameras, log } = this.options;
    const configured = new Set(cameras());
    for (const [camera, tracks] of this.#tracks) {
      if (configured.has(camera)) continue;
      const left = tracks.filter(({ state }) => state !== 'tentative');
      await db
        .transaction()
        .execute((trx) => write(trx, camera, { tracks: [], appeared: [], left }));
      this.#tracks.delete(camera);
      log.info({ camera, sightings: left.length }, 'camera removed; its sightings ended');
    }
  }

  /** Writes what a snapshot changes in `transaction`. */
  async update(
    transaction: Db,
    camera: string,
    frame: Frame,
    settings: TrackingSettings,
  ): Promise<SightingUpdate> {
    const update = advance(this.#byPresentClock(camera), frame, settings, () => uuid());
    const events = await write(transaction, camera, update);
    return { tracks: update.tracks, events };
  }

  /** Puts an update into effect. Call it after the commit of its transaction. */
  apply(camera: string, { tracks }: SightingUpdate): void {
    this.#tracks.set(camera, tracks);
    this.#stampedAhead.set(camera, this.#ahead);
  }

  get #ahead(): number {
    return this.options.clockAhead?.() ?? 0;
  }

  /** The tracks of a camera, as if the clock had not been set since they were stamped: they last over it. */
  #byPresentClock(camera: string): readonly Track[] {
    const shift = this.#ahead - (this.#stampedAhead.get(camera) ?? this.#ahead);
    const tracks = this.tracksOf(camera);
    return Math.abs(shift) < SHIFT_MS ? tracks : tracks.map((track) => shifted(track, shift));
  }

  /** The tracks of a camera, including tentative ones. */
  tracksOf(camera: string): readonly Track[] {
    return this.#tracks.get(camera) ?? [];
  }

  /** Whether an object may appear or leave with the next snapshots, so that they must be searched. */
  hasPendingChange(camera: string): boolean {
    return hasPendingChange(this.tracksOf(camera));
  }

  /** For a snapshot that was not searched since nothing had moved: all objects are still present. */
  refreshLastSeen(camera: string, takenAt: number): void {
    const tracks = this.#byPresentClock(camera).map((track) => ({
      ...track,
      lastSeenAt: Math.max(track.lastSeenAt, takenAt),
    }));
    this.apply(camera, { tracks, events: [] });
  }

  /** A page ends before `limit` if its sightings are large. */
  async list(query: SightingQuery): Promise<SightingPage> {
    const page = await boundedPage<SightingRow>(
      { limit: query.limit },
      ({ track }) => LISTED_BYTES + track.length,
      (limit, last) =>
        sightingTable.list(this.options.db, { ...query, limit, after: last?.id ?? query.after }),
    );
    return toSightingPage(page);
  }

  /** The cameras and the labels of stored sightings. */
  cameras(): Promise<string[]> {
    return sightingTable.cameras(this.options.db);
  }

  labels(): Promise<string[]> {
    return sightingTable.labels(this.options.db);
  }
}

/** Writes the rows of present and left objects, and the events. */
async function write(trx: Db, camera: string, update: TrackUpdate): Promise<SightingEvent[]> {
  for (const track of update.tracks)
    if (track.state !== 'tentative') await sightingTable.put(trx, toRow(camera, track, null));
  for (const track of update.left)
    await sightingTable.put(trx, toRow(camera, track, track.lastSeenAt));
  const events = [
    ...update.appeared.map((track) => eventOf('appeared', camera, track)),
    ...update.left.map((track) => eventOf('left', camera, track)),
  ];
  await eventTable.append(trx, events);
  return events;
}

function eventOf(type: 'appeared' | 'left', camera: string, track: Track): SightingEvent {
  return {
    event_type: type,
    at: toIsoString(track.lastSeenAt),
    camera,
    label: track.label,
    sighting: track.id,
    static: track.state === 'static',
    startedAt: toIsoString(track.startedAt),
    durationSeconds: (track.lastSeenAt - track.startedAt) / 1000,
    count: track.count,
    box: track.box,
    snapshot: track.best.image,
  };
}
