import type { Sighting, SightingPage } from '../../core/contract/sighting.js';
import { toIsoString, toIsoStringOrNull } from '../../core/runtime/clock.js';
import type { BoundedPage } from '../../core/store/bounded-page.js';
import type { SightingRow } from '../store/sighting-table.js';
import { trackOf } from './track-row.js';

export function toSightingPage({ items, hasMore }: BoundedPage<SightingRow>): SightingPage {
  const next = hasMore ? (items.at(-1)?.id ?? null) : null;
  return { status: 'OK', sightings: items.flatMap(toSighting), next };
}

/** None if damage has made it unreadable. */
function toSighting(row: SightingRow): Sighting[] {
  const track = trackOf(row);
  if (!track) return [];
  const { detector, count, box, best } = track;
  const sighting: Sighting = {
    id: row.id,
    camera: row.camera,
    label: row.label,
    detector,
    state: row.state,
    startedAt: toIsoString(row.started_at),
    lastSeenAt: toIsoString(row.last_seen_at),
    endedAt: toIsoStringOrNull(row.ended_at),
    count,
    box,
    best: { ...best, takenAt: toIsoString(best.takenAt) },
  };
  return [sighting];
}
