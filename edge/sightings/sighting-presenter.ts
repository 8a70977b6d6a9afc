import type { Sighting, SightingMark } from '../../core/contract/sighting.js';
import { toIsoString, toIsoStringOrNull } from '../../core/runtime/clock.js';
import type { ListedRow } from '../store/sighting-table.js';
import type { ImageLinks } from './sighting-event.js';
import { trackOf } from './track-row.js';

/** What of a sighting is not in its row. */
export interface SightingSurroundings {
  /** For people. */
  cameraName(camera: string): string | undefined;
  links: ImageLinks | undefined;
}

/** Undefined if damage has made it unreadable. */
export function presentSighting(
  row: ListedRow,
  { cameraName, links }: SightingSurroundings,
): Sighting | undefined {
  const track = trackOf(row);
  if (!track) return undefined;
  const { detector, count, box, best } = track;
  const { image, confidence, score, neighbors } = best;
  const { picture_width: width, picture_height: height } = row;
  const hasPicture = width !== null && height !== null;
  return {
    id: row.id,
    camera: row.camera,
    cameraName: cameraName(row.camera) ?? null,
    label: row.label,
    detector,
    state: row.state,
    startedAt: toIsoString(row.started_at),
    lastSeenAt: toIsoString(row.last_seen_at),
    leftAt: toIsoStringOrNull(row.left_at),
    endedAt: toIsoStringOrNull(row.ended_at),
    count,
    box,
    zones: track.zones ?? [],
    best: {
      image,
      takenAt: toIsoString(best.takenAt),
      box: best.box,
      confidence,
      score,
      neighbors,
    },
    picture: hasPicture && links ? links.urlOf(image) : null,
    pictureSize: hasPicture ? { width, height } : null,
    mark: presentMark(row),
  };
}

function presentMark({
  marked_at,
  marked_by,
  mark_note,
  picture_kept,
}: ListedRow): SightingMark | null {
  if (marked_at === null) return null;
  return {
    wrong: true,
    note: mark_note ?? '',
    by: marked_by ?? '',
    at: toIsoString(marked_at),
    pictureKept: picture_kept === 1,
  };
}
