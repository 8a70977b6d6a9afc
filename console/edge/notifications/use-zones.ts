import { useEffect, useState } from 'preact/hooks';
import type { ZoneResource } from '../../../core/contract/camera-management.js';
import { api } from '../../shared/api.js';

/** More cameras than these have no suggestions; a name can be typed for all. */
const MOST_CAMERAS = 64;

/** The names of the zones of cameras, to include; as far as the program gives them. */
export function useZones(cameras: readonly string[]): string[] {
  const [zones, setZones] = useState<string[]>([]);
  const key = cameras.join(' ');
  useEffect(() => {
    const own = new AbortController();
    const ask = async (camera: string) =>
      (
        await api.get<{ zones: ZoneResource[] }>(`/cameras/${camera}/zones`, { signal: own.signal })
      ).zones.flatMap(({ zone: { name, kind } }) =>
        kind === 'include' && name !== undefined ? [name] : [],
      );
    Promise.all(cameras.slice(0, MOST_CAMERAS).map(ask)).then(
      (found) => setZones([...new Set(found.flat())].toSorted()),
      // They are suggestions.
      () => undefined,
    );
    return () => own.abort();
  }, [key]);
  return zones;
}
