import type { ZoneResource } from '../../../core/contract/camera-management.js';
import type { Zone } from '../../../core/contract/zone.js';
import { ProblemError } from '../../../core/runtime/errors.js';
import { unknownName } from '../../../core/runtime/unknown-name.js';
import { invalid } from './read-settings.js';

/** The zones with their ids: the name, or the position from 1 if there is none or another zone has it. */
export function zonesWithIds(zones: readonly Zone[]): ZoneResource[] {
  const used = new Set<string>();
  return zones.map((zone, i) => {
    const id = zone.name !== undefined && !used.has(zone.name) ? zone.name : String(i + 1);
    used.add(id);
    return { id, zone };
  });
}

/** Throws `not_found`. */
export function positionOfZone(zones: readonly Zone[], id: string): number {
  const ids = zonesWithIds(zones).map((zone) => zone.id);
  const position = ids.indexOf(id);
  if (position < 0)
    throw new ProblemError('not_found', unknownName(`There is no zone "${id}"`, id, ids));
  return position;
}

/** A zone at a position, in place of the one that is there. A new one needs a name that no other has. */
export function withZone(zones: readonly Zone[], position: number, zone: Zone): Zone[] {
  const former = zones[position];
  const name = zone.name ?? former?.name;
  if (name === undefined && !former)
    throw invalid([{ path: 'name', message: 'expected a name, by which events show the zone' }]);
  if (zones.some((other, i) => i !== position && other.name === name && name !== undefined))
    throw invalid([{ path: 'name', message: 'is the name of another zone; choose another one' }]);
  const next = [...zones];
  next[position] = { ...zone, ...(name !== undefined && { name }) };
  return next;
}

export const withoutZone = (zones: readonly Zone[], position: number): Zone[] =>
  zones.filter((_, i) => i !== position);
