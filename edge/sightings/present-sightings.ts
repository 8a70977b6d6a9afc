import type { Sighting, SightingPage } from '../../core/contract/sighting.js';
import { toIsoString, toIsoStringOrNull } from '../../core/runtime/clock.js';
import type { SightingRow } from '../store/sighting-table.js';
import type { Track } from './tracks.js';

export function presentSightings(rows: SightingRow[], limit: number): SightingPage {
  const shown = rows.slice(0, limit).map(presentSighting);
  const next = rows.length > limit ? (shown.at(-1)?.id ?? null) : null;
  return { status: 'OK', sightings: shown, next };
}

function presentSighting(row: SightingRow): Sighting {
  const { detector, count, box, best } = JSON.parse(row.track) as Track;
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
