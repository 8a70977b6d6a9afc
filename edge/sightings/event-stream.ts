import type { Readable } from 'node:stream';
import type { Kysely } from 'kysely';
import { StreamPlaces } from '../../core/http/stream-places.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { EventTables } from '../store/event-table.js';
import { EventClient, type EventClientLimits } from './event-client.js';
import type { ImageLinks } from './sighting-event.js';

export interface EventStreamOptions extends Partial<EventClientLimits> {
  db: Kysely<EventTables>;
  links?: ImageLinks;
  maxClients?: number;
  /** Of one network. */
  maxClientsEach?: number;
}

/** Number of events that are kept for clients that resume. */
export const KEPT_EVENTS = 10_000;

/**
 * Sighting events as server-sent events (WHATWG HTML, section 9.2). A slow client costs a position in the event log and
 * no memory; a client that stops reading is disconnected.
 */
export class EventStream implements Service {
  readonly name = 'event stream';
  readonly #places: StreamPlaces<EventClient>;

  constructor(private readonly options: EventStreamOptions) {
    const { maxClients: all = 64, maxClientsEach: each = 16 } = options;
    this.#places = new StreamPlaces('event streams', { all, each });
  }

  get clients(): number {
    return this.#places.size;
  }

  /** Call it when events were committed. */
  wake(): void {
    for (const client of this.#places.clients()) client.wake();
  }

  /**
   * The events after `lastEventId`, or only new ones if it is undefined. A `gap` event shows that some are no longer
   * kept. With `cameras`, only their events. Throws `streams_full`.
   */
  async open(
    lastEventId: string | undefined,
    address = '',
    cameras?: readonly string[],
  ): Promise<Readable> {
    const { db, links, heartbeatMs = 15_000, patienceMs = 60_000 } = this.options;
    const client = new EventClient(db, { heartbeatMs, patienceMs }, cameras, links);
    this.#places.take(client, address);
    const stream = client.read(lastEventId);
    stream.once('close', () => this.#places.leave(client));
    return stream;
  }

  async stop(): Promise<void> {
    this.#places.close();
  }
}
