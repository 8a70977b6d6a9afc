import type { Kysely } from 'kysely';
import type { Clock } from '../../core/runtime/clock.js';
import { type ClockEras, noEras } from '../../core/runtime/clock-eras.js';
import { KEPT_EVENTS } from '../sightings/event-stream.js';
import { type EventTables, eventTable } from '../store/event-table.js';
import { type SightingTables, sightingTable } from '../store/sighting-table.js';
import type { RetainedRows } from './retained-images.js';

/** Sightings by age, and the newest events. */
export function retainedRows(
  db: Kysely<SightingTables & EventTables>,
  sightingsMaxAgeMs: number,
  clock: Clock,
  eras: ClockEras = noEras,
): RetainedRows[] {
  return [
    {
      name: 'sightings',
      removeSome: (limit) =>
        sightingTable.removeEndedBefore(db, clock() - sightingsMaxAgeMs, limit, eras()),
    },
    // A range of the primary key: cheap however many there are.
    { name: 'events', removeSome: () => eventTable.keepNewest(db, KEPT_EVENTS) },
  ];
}
