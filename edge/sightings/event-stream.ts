import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { ProblemError } from '../../core/runtime/errors.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import { type EventTables, eventTable } from '../store/event-table.js';

export interface EventStreamOptions {
  db: Kysely<EventTables>;
  maxClients?: number;
  heartbeatMs?: number;
  /** A client that has taken nothing for so long, though there was something, is cut off. */
  patienceMs?: number;
}

/** Events that are kept for clients that resume. */
export const KEPT_EVENTS = 10_000;
const PAGE = 100;
const RETRY_MS = 3_000;

/**
 * Sightings' events as server-sent events (WHATWG HTML, section 9.2). Each client reads the log at its own pace:
 * a slow one holds its place in it and no memory, and one that takes nothing any more is cut off.
 */
export class EventStream implements Service {
  readonly name = 'event stream';
  readonly #clients = new Set<Client>();
  #isStopping = false;

  constructor(private readonly options: EventStreamOptions) {}

  get clients(): number {
    return this.#clients.size;
  }

  /** Events were committed. */
  wake(): void {
    for (const client of this.#clients) client.wake();
  }

  /**
   * What follows `lastEventId`, or from now on where there is none. A `gap` event tells that some are no longer
   * kept. Throws `streams_full`.
   */
  async open(lastEventId: string | undefined): Promise<Readable> {
    const { db, maxClients = 64, heartbeatMs = 15_000, patienceMs = 60_000 } = this.options;
    if (this.#isStopping) throw new ProblemError('shutting_down', 'The service is stopping.');
    if (this.#clients.size >= maxClients)
      throw new ProblemError('streams_full', `${maxClients} event streams are open.`, {
        retryAfter: 10,
      });
    const client = new Client(db, { heartbeatMs, patienceMs });
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

class Client {
  readonly #ended = new AbortController();
  #ring: (() => void) | undefined;
  #hasNews = false;

  constructor(
    private readonly db: Kysely<EventTables>,
    private readonly limits: { heartbeatMs: number; patienceMs: number },
  ) {}

  wake(): void {
    this.#hasNews = true;
    this.#ring?.();
  }

  end(): void {
    this.#ended.abort();
    this.#ring?.();
  }

  read(lastEventId: string | undefined): Readable {
    // The text that waits in the stream is bounded by its mark and one page.
    const text = Readable.from(
      this.#text(lastEventId, () => watchdog.refresh()),
      {
        objectMode: false,
        highWaterMark: 16_384,
      },
    );
    const { patienceMs, heartbeatMs } = this.limits;
    const watchdog = setTimeout(() => text.destroy(), patienceMs + heartbeatMs).unref();
    text.once('close', () => {
      clearTimeout(watchdog);
      this.end();
    });
    return text;
  }

  /** `taken` is called whenever the client has taken what there was. */
  async *#text(lastEventId: string | undefined, taken: () => void): AsyncGenerator<string> {
    const { first, last } = await eventTable.range(this.db);
    let seq = startOf(lastEventId, last);
    yield `retry: ${RETRY_MS}\n\n`;
    if (seq < first - 1) yield gap(seq + 1, first - 1);
    while (!this.#ended.signal.aborted) {
      taken();
      this.#hasNews = false;
      const events = await eventTable.after(this.db, seq, PAGE);
      for (const { seq: id, event } of events)
        yield `id: ${id}\nevent: ${event.event_type}\ndata: ${JSON.stringify(event)}\n\n`;
      seq = events.at(-1)?.seq ?? seq;
      if (events.length < PAGE && !this.#hasNews && !(await this.#news())) yield ': still here\n\n';
    }
  }

  /** Resolves when there is news, or with false when it is time for a sign of life. */
  async #news(): Promise<boolean> {
    const pause = new AbortController();
    const rung = new Promise<boolean>((resolve) => {
      this.#ring = () => resolve(true);
    });
    const { signal } = pause;
    const late = sleep(this.limits.heartbeatMs, false, { signal }).catch(() => false);
    const isNews = await Promise.race([rung, late]);
    pause.abort();
    this.#ring = undefined;
    return isNews || this.#ended.signal.aborted;
  }
}

/** A number that this log never gave out is of another database: the client starts with what comes now. */
function startOf(lastEventId: string | undefined, last: number): number {
  const seq = /^\d{1,15}$/.test(lastEventId ?? '') ? Number(lastEventId) : last;
  return Math.min(seq, last);
}

const gap = (from: number, to: number) => `event: gap\ndata: ${JSON.stringify({ from, to })}\n\n`;
