import type { EventLog, EventPage, Occurrence } from '../../core/notifications/occurrence.js';
import type { Transaction } from '../../core/store/unit-of-work.js';
import type { ConfiguredCameras } from '../cameras/configured-cameras.js';
import { trackOf } from '../sightings/track-row.js';
import { eventTable, type StoredEvent } from '../store/event-table.js';
import { sightingTable } from '../store/sighting-table.js';
import { sightingTables } from '../store/tables.js';
import { happeningOf } from './sighting-happening.js';

const PAGE = 100;

/** Sightings that appeared or left, from the log that is written in the transaction of their snapshot. */
export class SightingLog implements EventLog {
  readonly name = 'sightings';

  constructor(
    private readonly site: string,
    private readonly cameras: ConfiguredCameras,
  ) {}

  async read(transaction: Transaction, after: number | undefined): Promise<EventPage> {
    const db = transaction.of(sightingTables);
    const { first, last } = await eventTable.range(db);
    // A number above the last one is that of a log that was lost.
    if (after === undefined || after > last)
      return { occurrences: [], next: last, missed: 0, hasMore: false };
    const events = await eventTable.after(db, after, PAGE);
    const missed = first > after + 1 ? first - after - 1 : 0;
    const occurrences: Occurrence[] = [];
    for (const { event } of events) if (event) occurrences.push(await this.#occurrence(db, event));
    return {
      occurrences,
      next: events.at(-1)?.seq ?? after,
      missed: events.length > 0 ? missed : 0,
      hasMore: events.length === PAGE,
    };
  }

  async #occurrence(
    db: Parameters<typeof sightingTable.find>[0],
    event: StoredEvent,
  ): Promise<Occurrence> {
    const { event_type: when, camera, label, sighting, box, snapshot, durationSeconds } = event;
    const row = await sightingTable.find(db, sighting);
    const track = row && trackOf(row);
    const at = Date.parse(event.at);
    const object = {
      ...{ sighting, label, box, image: snapshot },
      size: track?.size,
      confidence: track?.best.confidence ?? null,
    };
    const config = this.cameras.all.find(({ id }) => id === camera);
    const happening = happeningOf(
      object,
      when === 'appeared' ? { what: when, at } : { what: when, at, seconds: durationSeconds },
      { id: camera, config, site: this.site },
    );
    return { when, subject: camera, happening };
  }
}
