import type { Sighting, SightingPage } from '../../core/contract/sighting.js';
import { toIsoString, toIsoStringOrNull } from '../../core/runtime/clock.js';
import type { SightingRow } from '../store/sighting-table.js';
import { trackOf } from './track-row.js';

/** `rows` has one row more than `limit` if there is another page. */
export function toSightingPage(rows: SightingRow[], limit: number): SightingPage {
  const sightings = rows.slice(0, limit).map(toSighting);
  const next = rows.length > limit ? (sightings.at(-1)?.id ?? null) : null;
  return { status: 'OK', sightings, next };
}

function toSighting(row: SightingRow): Sighting {
  const { detector, count, box, best } = trackOf(row);
  return {
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
}
