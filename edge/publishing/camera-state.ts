import type { Detection } from '../../core/contract/detection.js';
import type { CameraStatePayload } from '../../core/contract/live-payloads.js';
import { toIsoString } from '../../core/runtime/clock.js';
import type { Track } from '../sightings/tracks.js';

export interface SeenSnapshot {
  id: string;
  takenAt: number;
  detections: Detection[];
  tracks: readonly Track[];
  /** Where programs on the LAN find the picture; null where it was not kept. */
  url: string | null;
}

/** What a camera shows, as dashboards see it. */
export function cameraState(seen: SeenSnapshot): CameraStatePayload {
  const present = seen.tracks.filter(({ state }) => state === 'present');
  return {
    counts: countByLabel(seen.detections),
    snapshot: seen.id,
    takenAt: toIsoString(seen.takenAt),
    present: countByLabel(present),
    static: countByLabel(seen.tracks.filter(({ state }) => state === 'static')),
    occupied: present.length > 0,
    url: seen.url,
  };
}

function countByLabel(things: readonly { label: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { label } of things) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}
