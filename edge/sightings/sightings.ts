import type { Kysely } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { SightingEvent, SightingPage, SightingQuery } from '../../core/contract/sighting.js';
import { toIsoString } from '../../core/runtime/clock.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import { type EventTables, eventTable } from '../store/event-table.js';
import { type SightingTables, sightingTable } from '../store/sighting-table.js';
import { presentSightings } from './present-sightings.js';
import type { TrackingSettings } from './sighting-settings.js';
import { advance, type Frame, isUnsettled, type Step, type Track } from './tracks.js';

type Db = Kysely<SightingTables & EventTables>;

/** What one snapshot changed, ready to be adopted once its transaction is through. */
export interface Observation {
  tracks: Track[];
  events: SightingEvent[];
}

export interface SightingsOptions {
  db: Db;
  /** The cameras that there are; sightings of others end at the start. */
  cameras(): string[];
  log: Logger;
}

/**
 * The objects at every camera. What a snapshot changes is written within the caller's transaction and holds
 * once that is through: callers bring the snapshots of one camera one after the other.
 */
export class Sightings implements Service {
  readonly name = 'sightings';
  readonly #tracks = new Map<string, Track[]>();

  constructor(private readonly options: SightingsOptions) {}

  /** Takes up the sightings that were open when the appliance stopped. */
  async start(): Promise<void> {
    const { db } = this.options;
    for (const { camera, track } of await sightingTable.open(db)) {
      const tracks = this.#tracks.get(camera) ?? [];
      this.#tracks.set(camera, [...tracks, JSON.parse(track) as Track]);
    }
    await this.closeAbsent();
  }

  /** Ends the sightings of cameras that there are no longer. */
  async closeAbsent(): Promise<void> {
    const { db, cameras, log } = this.options;
    const known = new Set(cameras());
    for (const [camera, tracks] of this.#tracks) {
      if (known.has(camera)) continue;
      const left = tracks.filter(({ state }) => state !== 'tentative');
      await db
        .transaction()
        .execute((trx) => write(trx, camera, { tracks: [], appeared: [], left }));
      this.#tracks.delete(camera);
      log.info({ camera, sightings: left.length }, 'ended the sightings of a camera that is gone');
    }
  }

  /** Writes what a snapshot changes, within `transaction`. */
  async observe(
    transaction: Db,
    camera: string,
    frame: Frame,
    settings: TrackingSettings,
  ): Promise<Observation> {
    const step = advance(this.tracksOf(camera), frame, settings, () => uuid());
    const events = await write(transaction, camera, step);
    return { tracks: step.tracks, events };
  }

  /** The transaction of an observation is through. */
  adopt(camera: string, { tracks }: Observation): void {
    this.#tracks.set(camera, tracks);
  }

  /** What is there now, and what may yet turn out to be. */
  tracksOf(camera: string): readonly Track[] {
    return this.#tracks.get(camera) ?? [];
  }

  isUnsettled(camera: string): boolean {
    return isUnsettled(this.tracksOf(camera));
  }

  /** Nothing moved in a snapshot that was therefore not searched: what was there still is. */
  stillThere(camera: string, takenAt: number): void {
    const tracks = this.tracksOf(camera).map((track) => ({
      ...track,
      lastSeenAt: Math.max(track.lastSeenAt, takenAt),
    }));
    this.#tracks.set(camera, tracks);
  }

  async list(query: SightingQuery): Promise<SightingPage> {
    return presentSightings(await sightingTable.list(this.options.db, query), query.limit);
  }
}

/** Rows of what is there and of what has left, and the events. */
async function write(trx: Db, camera: string, step: Step): Promise<SightingEvent[]> {
  for (const track of step.tracks)
    if (track.state !== 'tentative') await sightingTable.put(trx, camera, track, null);
  for (const track of step.left) await sightingTable.put(trx, camera, track, track.lastSeenAt);
  const events = [
    ...step.appeared.map((track) => eventOf('appeared', camera, track)),
    ...step.left.map((track) => eventOf('left', camera, track)),
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
