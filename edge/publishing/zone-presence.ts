import type { Zone } from '../../core/contract/zone.js';
import { contains } from '../../core/detection/zones.js';
import type { Track } from '../sightings/tracks.js';

/** The name that a zone is reported by: its own, or its place among the camera's zones. */
const nameOf = (zone: Zone, zones: readonly Zone[]): string =>
  zone.name ?? `zone ${zones.indexOf(zone) + 1}`;

const included = (zones: readonly Zone[]) => zones.filter(({ kind }) => kind === 'include');

/** The names of the zones where objects count. Zones of the same name are one. */
export const zoneNames = (zones: readonly Zone[]): Set<string> =>
  new Set(included(zones).map((zone) => nameOf(zone, zones)));

/** The tracks in each of these zones, by the zone's name: those whose centre lies in it and whose label counts there. */
export function tracksInZones(
  zones: readonly Zone[],
  tracks: readonly Track[],
  picture: { width: number; height: number },
): Map<string, Set<Track>> {
  const found = new Map([...zoneNames(zones)].map((name) => [name, new Set<Track>()]));
  for (const zone of included(zones))
    for (const track of tracks)
      if (isIn(zone, track, picture)) found.get(nameOf(zone, zones))?.add(track);
  return found;
}

function isIn(
  { points, labels }: Zone,
  { box, label, size }: Track,
  picture: { width: number; height: number },
): boolean {
  if (labels && !labels.includes(label)) return false;
  const { width, height } = size ?? picture;
  return contains(points, [(box.x + box.width / 2) / width, (box.y + box.height / 2) / height]);
}
