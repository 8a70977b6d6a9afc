import type { Readable } from 'node:stream';
import type { Kysely } from 'kysely';
import { addressGroup } from '../../core/runtime/address-group.js';
import { ProblemError } from '../../core/runtime/errors.js';
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
  /** Each with the network of its address. */
  readonly #clients = new Map<EventClient, string>();
  #isStopping = false;

  constructor(private readonly options: EventStreamOptions) {}

  get clients(): number {
    return this.#clients.size;
  }

  /** Call it when events were committed. */
  wake(): void {
    for (const client of this.#clients.keys()) client.wake();
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
    const { db, links, maxClients = 64, maxClientsEach = 16 } = this.options;
    const { heartbeatMs = 15_000, patienceMs = 60_000 } = this.options;
    const network = addressGroup(address);
    if (this.#isStopping) throw new ProblemError('shutting_down', 'The service is stopping.');
    if (this.#clients.size >= maxClients)
      throw new ProblemError(
        'streams_full',
        `${maxClients} event streams are open. Close one, or retry later.`,
        { retryAfter: 10 },
      );
    if ([...this.#clients.values()].filter((other) => other === network).length >= maxClientsEach)
      throw new ProblemError(
        'streams_full',
        `${maxClientsEach} event streams of this address are open. Close one, or retry later.`,
        { retryAfter: 10 },
      );
    const client = new EventClient(db, { heartbeatMs, patienceMs }, cameras, links);
    this.#clients.set(client, network);
    const stream = client.read(lastEventId);
    stream.once('close', () => this.#clients.delete(client));
    return stream;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const client of this.#clients.keys()) client.end();
  }
}
