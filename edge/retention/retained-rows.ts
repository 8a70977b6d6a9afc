import type { Kysely } from 'kysely';
import type { Clock } from '../../core/runtime/clock.js';
import { type ClockEras, noEras } from '../../core/runtime/clock-eras.js';
import { KEPT_EVENTS } from '../sightings/event-stream.js';
import { type EventTables, eventTable } from '../store/event-table.js';
import {
  HOUR_MS,
  MAX_HOUR_ROWS,
  type SightingHourTables,
  sightingHourTable,
} from '../store/sighting-hour-table.js';
import type { SightingTables } from '../store/sighting-row.js';
import { sightingTable } from '../store/sighting-table.js';
import type { RetainedRows } from './retained-images.js';

/** Totals outlast 13 months, so that a month can be compared with that of the year before. */
const TOTALS_DAYS = 400;
const DAY_HOURS = 24;

/** Sightings by age, their totals, and the newest events. */
export function retainedRows(
  db: Kysely<SightingTables & SightingHourTables & EventTables>,
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
    {
      name: 'totals',
      removeSome: (limit) =>
        sightingHourTable.removeOld(
          db,
          Math.floor(clock() / HOUR_MS) - TOTALS_DAYS * DAY_HOURS,
          MAX_HOUR_ROWS,
          limit,
        ),
    },
    // A range of the primary key: cheap however many there are.
    { name: 'events', removeSome: () => eventTable.keepNewest(db, KEPT_EVENTS) },
  ];
}
