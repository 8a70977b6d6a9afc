import type { SightingEvent } from '../../core/contract/sighting.js';
import { toIsoString } from '../../core/runtime/clock.js';
import type { StoredEvent } from '../store/event-table.js';
import type { Track } from './tracks.js';

/** Gives the address of an image that needs no token. */
export interface ImageLinks {
  urlOf(image: string): string;
}

interface Happened {
  camera: string;
  cameraName: string | undefined;
  track: Track;
  /** When the snapshot was taken by which the object has left; null if it has appeared. */
  leftAt: number | null;
}

export function eventOf({ camera, cameraName, track, leftAt }: Happened): StoredEvent {
  const lastSeenAt = toIsoString(track.lastSeenAt);
  return {
    event_type: leftAt === null ? 'appeared' : 'left',
    at: lastSeenAt,
    camera,
    cameraName: cameraName ?? null,
    label: track.label,
    confidence: track.best.confidence,
    sighting: track.id,
    static: track.state === 'static',
    startedAt: toIsoString(track.startedAt),
    lastSeenAt,
    leftAt: leftAt === null ? null : toIsoString(leftAt),
    durationSeconds: (track.lastSeenAt - track.startedAt) / 1000,
    count: track.count,
    box: track.box,
    zones: track.zones ?? [],
    snapshot: track.best.image,
    ...(track.best.stored === false && { pictureStored: false as const }),
  };
}

/** An event for clients. Those of older versions lack fields. */
export function presentEvent(stored: StoredEvent, links: ImageLinks | undefined): SightingEvent {
  const { pictureStored = true, ...event } = stored;
  const { cameraName = null, confidence = null, zones = [], lastSeenAt = event.at } = event;
  const { leftAt = event.event_type === 'left' ? event.at : null } = event;
  const picture = links && pictureStored ? links.urlOf(event.snapshot) : null;
  return { ...event, cameraName, confidence, lastSeenAt, leftAt, zones, picture };
}
