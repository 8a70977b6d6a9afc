import { useMemo, useRef } from 'preact/hooks';
import type { Sighting } from '../../../core/contract/sighting.js';
import { live } from '../live-state.js';
import { useZones } from '../notifications/use-zones.js';
import type { EventFilter } from './event-filter.js';

/**
 * The zones to filter by, by name: those that the chosen cameras have (all cameras, if none is chosen), those that only
 * their events remember, and those that are chosen, known or not.
 */
export function useZoneChoices(
  { cameras, zones }: Pick<EventFilter, 'cameras' | 'zones'>,
  events: readonly Sighting[],
): string[] {
  const all = live.cameras.value ?? [];
  const present = all.map(({ id }) => id);
  const own = useZones(cameras.length > 0 ? present.filter((id) => cameras.includes(id)) : present);
  const remembered = useRemembered(events);
  return useMemo(() => {
    const shown = cameras.length > 0 ? cameras : [...remembered.keys()];
    const gone = shown.flatMap((camera) => [...(remembered.get(camera) ?? [])]);
    return [...new Set([...own, ...gone, ...zones])].toSorted((a, b) => a.localeCompare(b));
  }, [own, events, cameras.join(), zones.join()]);
}

/** The zones of the events so far, by camera. Other filters hide some of them: those stay. */
function useRemembered(events: readonly Sighting[]): ReadonlyMap<string, ReadonlySet<string>> {
  const zones = useRef(new Map<string, Set<string>>());
  useMemo(() => {
    for (const { camera, zones: own } of events) {
      if (own.length === 0) continue;
      const known = zones.current.get(camera) ?? new Set();
      for (const zone of own) known.add(zone);
      zones.current.set(camera, known);
    }
  }, [events]);
  return zones.current;
}
