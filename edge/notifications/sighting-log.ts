import type { EventLog, EventPage, Occurrence } from '../../core/notifications/occurrence.js';
import type { Transaction } from '../../core/store/unit-of-work.js';
import { presentEvent } from '../sightings/sighting-event.js';
import { eventTable, type StoredEvent } from '../store/event-table.js';
import { eventTables } from '../store/tables.js';
import { happeningOf } from './sighting-happening.js';

const PAGE = 100;

/** Sightings that appeared or left, from the log that is written in the transaction of their snapshot. */
export class SightingLog implements EventLog {
  readonly name = 'sightings';

  constructor(private readonly site: string) {}

  async read(transaction: Transaction, after: number | undefined): Promise<EventPage> {
    const db = transaction.of(eventTables);
    const { first, last } = await eventTable.range(db);
    // A number above the last one is that of a log that was lost.
    if (after === undefined || after > last)
      return { occurrences: [], next: last, missed: 0, hasMore: false };
    const events = await eventTable.after(db, after, PAGE);
    return {
      occurrences: events.flatMap(({ event }) => (event ? [this.#occurrence(event)] : [])),
      next: events.at(-1)?.seq ?? after,
      missed: events.length > 0 ? Math.max(0, first - after - 1) : 0,
      hasMore: events.length === PAGE,
    };
  }

  #occurrence(stored: StoredEvent): Occurrence {
    const event = presentEvent(stored, undefined);
    const { event_type: when, camera, cameraName, label, zones, confidence, sighting } = event;
    const image = stored.pictureStored === false ? null : event.snapshot;
    const at = Date.parse(event.leftAt ?? event.at);
    const happening = happeningOf(
      { site: this.site, camera, cameraName, label, zones, confidence, sighting, image },
      when === 'appeared' ? { what: when, at } : { what: when, at, seconds: event.durationSeconds },
    );
    return { when, subject: camera, happening };
  }
}
