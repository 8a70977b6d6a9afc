import { confidenceOf, searchDefaults } from '../../core/contract/detection.js';
import { isObject, jsonObject } from '../../core/contract/json-object.js';
import type { SightingRow, TrackedRow } from '../store/sighting-row.js';
import type { BestSnapshot, Track } from './tracks.js';

/** A track as a row of the sightings; `leftAt` is null while the object is present. */
export const toRow = (camera: string, track: Track, leftAt: number | null): TrackedRow => ({
  id: track.id,
  camera,
  label: track.label,
  detector: track.detector,
  state: leftAt !== null || track.state === 'tentative' ? 'left' : track.state,
  started_at: track.startedAt,
  last_seen_at: track.lastSeenAt,
  ended_at: leftAt === null ? null : track.lastSeenAt,
  left_at: leftAt,
  best_image: track.best.image,
  confidence: track.best.confidence,
  zones: JSON.stringify(track.zones ?? []),
  track: JSON.stringify(track),
});

/** Tracks of versions before models have no confidence: they are all of cascades. */
type StoredTrack = Omit<Track, 'best'> & {
  best: Omit<BestSnapshot, 'confidence'> & { confidence?: number };
};

/** Undefined if damage has made it unreadable. */
export function trackOf({ track }: Pick<SightingRow, 'track'>): Track | undefined {
  const stored = jsonObject(track) as StoredTrack | undefined;
  if (!isObject(stored?.best) || !isObject(stored.box)) return undefined;
  const { best } = stored;
  const filledIn = confidenceOf(best.neighbors ?? 0, searchDefaults.minNeighbors);
  return { ...stored, best: { ...best, confidence: best.confidence ?? filledIn } };
}
