import type { Kysely } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { SightingEvent } from '../../core/contract/sighting.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import { type EventTables, eventTable } from '../store/event-table.js';
import { type SightingHourTables, sightingHourTable } from '../store/sighting-hour-table.js';
import type { SightingTables } from '../store/sighting-row.js';
import { sightingTable } from '../store/sighting-table.js';
import { eventOf, type ImageLinks, presentEvent } from './sighting-event.js';
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

type Db = Kysely<SightingTables & SightingHourTables & EventTables>;

/** Smaller corrections of the clock do not matter. */
const SHIFT_MS = 30_000;

/** What one snapshot changed. Pass it to `apply` after the commit. */
export interface SightingUpdate {
  tracks: Track[];
  events: SightingEvent[];
}

export interface SightingsOptions {
  db: Db;
  /** The configured cameras; sightings of others end at the start. */
  cameras(): string[];
  /** For people; undefined if the camera has no name. */
  cameraName?: (camera: string) => string | undefined;
  /** For events; without them these have no address of a picture. */
  links?: ImageLinks;
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
        .execute((trx) => this.#write(trx, camera, { tracks: [], appeared: [], left }));
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
    const events = await this.#write(transaction, camera, update, frame.takenAt);
    return { tracks: update.tracks, events };
  }

  /** Puts an update into effect. Call it after the commit of its transaction. */
  apply(camera: string, { tracks }: SightingUpdate): void {
    this.#tracks.set(camera, tracks);
    this.#stampedAhead.set(camera, this.#ahead);
  }

  /** Writes the rows of present and left objects, the totals, and the events. `at` is when the snapshot was taken. */
  async #write(
    db: Db,
    camera: string,
    update: TrackUpdate,
    at = Number.NEGATIVE_INFINITY,
  ): Promise<SightingEvent[]> {
    const leftAt = (track: Track) => Math.max(track.lastSeenAt, at);
    for (const track of update.tracks)
      if (track.state !== 'tentative') await sightingTable.put(db, toRow(camera, track, null));
    for (const track of update.left)
      await sightingTable.put(db, toRow(camera, track, leftAt(track)));
    await sightingHourTable.count(db, camera, update.appeared);
    const { cameraName, links } = this.options;
    const happened = (track: Track, leftAt: number | null) =>
      eventOf({ camera, cameraName: cameraName?.(camera), track, leftAt });
    const events = [
      ...update.appeared.map((track) => happened(track, null)),
      ...update.left.map((track) => happened(track, leftAt(track))),
    ];
    await eventTable.append(db, events);
    return events.map((event) => presentEvent(event, links));
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
}
