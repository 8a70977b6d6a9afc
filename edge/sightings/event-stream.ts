import type { Readable } from 'node:stream';
import type { Kysely } from 'kysely';
import { ProblemError } from '../../core/runtime/errors.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { EventTables } from '../store/event-table.js';
import { EventClient, type EventClientLimits } from './event-client.js';

export interface EventStreamOptions extends Partial<EventClientLimits> {
  db: Kysely<EventTables>;
  maxClients?: number;
}

/** Number of events that are kept for clients that resume. */
export const KEPT_EVENTS = 10_000;

/**
 * Sighting events as server-sent events (WHATWG HTML, section 9.2). A slow client costs a position in the event log and
 * no memory; a client that stops reading is disconnected.
 */
export class EventStream implements Service {
  readonly name = 'event stream';
  readonly #clients = new Set<EventClient>();
  #isStopping = false;

  constructor(private readonly options: EventStreamOptions) {}

  get clients(): number {
    return this.#clients.size;
  }

  /** Call it when events were committed. */
  wake(): void {
    for (const client of this.#clients) client.wake();
  }

  /**
   * The events after `lastEventId`, or only new ones if it is undefined. A `gap` event shows that some are no longer
   * kept. With `cameras`, only their events. Throws `streams_full`.
   */
  async open(lastEventId: string | undefined, cameras?: readonly string[]): Promise<Readable> {
    const { db, maxClients = 64, heartbeatMs = 15_000, patienceMs = 60_000 } = this.options;
    if (this.#isStopping) throw new ProblemError('shutting_down', 'The service is stopping.');
    if (this.#clients.size >= maxClients)
      throw new ProblemError(
        'streams_full',
        `${maxClients} event streams are open. Close one, or retry later.`,
        { retryAfter: 10 },
      );
    const client = new EventClient(db, { heartbeatMs, patienceMs }, cameras);
    this.#clients.add(client);
    const stream = client.read(lastEventId);
    stream.once('close', () => this.#clients.delete(client));
    return stream;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const client of this.#clients) client.end();
  }
}
