import type { Detection } from '../../core/contract/detection.js';
import type { CameraStatePayload } from '../../core/contract/live-payloads.js';
import type { Zone } from '../../core/contract/zone.js';
import { toIsoString } from '../../core/runtime/clock.js';
import type { Track } from '../sightings/tracks.js';
import { tracksInZones } from './zone-presence.js';

export interface AnalysedSnapshot {
  id: string;
  takenAt: number;
  detections: Detection[];
  tracks: readonly Track[];
  /** Of the camera. */
  zones: readonly Zone[];
  width: number;
  height: number;
  /** The URL of the image for programs on the LAN; null if the image was not stored. */
  url: string | null;
}

/** The payload of a camera's state topic. */
export function cameraState(snapshot: AnalysedSnapshot): CameraStatePayload {
  const present = snapshot.tracks.filter(({ state }) => state === 'present');
  return {
    counts: countByLabel(snapshot.detections),
    snapshot: snapshot.id,
    takenAt: toIsoString(snapshot.takenAt),
    present: countByLabel(present),
    static: countByLabel(snapshot.tracks.filter(({ state }) => state === 'static')),
    occupied: present.length > 0,
    zones: Object.fromEntries(
      [...tracksInZones(snapshot.zones, present, snapshot)].map(([zone, tracks]) => [
        zone,
        countByLabel([...tracks]),
      ]),
    ),
    url: snapshot.url,
  };
}

function countByLabel(objects: readonly { label: string }[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { label } of objects) counts.set(label, (counts.get(label) ?? 0) + 1);
  return Object.fromEntries(counts);
}
