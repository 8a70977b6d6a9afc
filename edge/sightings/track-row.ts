import type { SightingRow } from '../store/sighting-table.js';
import type { Track } from './tracks.js';

/** A track as a row of the sightings; `endedAt` is null while the object is present. */
export const toRow = (camera: string, track: Track, endedAt: number | null): SightingRow => ({
  id: track.id,
  camera,
  label: track.label,
  state: endedAt !== null || track.state === 'tentative' ? 'left' : track.state,
  started_at: track.startedAt,
  last_seen_at: track.lastSeenAt,
  ended_at: endedAt,
  best_image: track.best.image,
  track: JSON.stringify(track),
});

export const trackOf = ({ track }: SightingRow): Track => JSON.parse(track) as Track;
