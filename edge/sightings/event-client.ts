import type { Readable } from 'node:stream';
import type { Kysely } from 'kysely';
import { clientStream } from '../../core/http/client-stream.js';
import { AutoResetEvent } from '../../core/runtime/auto-reset-event.js';
import { type EventTables, eventTable, type NumberedEvent } from '../store/event-table.js';
import { type ImageLinks, presentEvent } from './sighting-event.js';

export interface EventClientLimits {
  /** A heartbeat is sent when there was no event for this long. */
  heartbeatMs: number;
  /** A client that reads nothing for this long, in addition to `heartbeatMs`, is disconnected. */
  patienceMs: number;
}

const PAGE_SIZE = 100;
const RETRY_MS = 3_000;

/** One client of the event stream. It reads the event log at its own pace and buffers at most one page. */
export class EventClient {
  readonly #ended = new AbortController();
  readonly #wakeUp = new AutoResetEvent();

  constructor(
    private readonly db: Kysely<EventTables>,
    private readonly limits: EventClientLimits,
    /** Whose events are sent; all of them if it is undefined. */
    private readonly cameras?: readonly string[],
    private readonly links?: ImageLinks,
  ) {}

  /** Call it when events were committed. */
  wake(): void {
    this.#wakeUp.set();
  }

  end(): void {
    this.#ended.abort();
    this.#wakeUp.set();
  }

  read(lastEventId: string | undefined): Readable {
    const { patienceMs, heartbeatMs } = this.limits;
    return clientStream((onDrained) => this.#text(lastEventId, onDrained), {
      patienceMs: patienceMs + heartbeatMs,
      onEnd: () => this.end(),
    });
  }

  #isShown({ event }: NumberedEvent): boolean {
    return !this.cameras || !event || this.cameras.includes(event.camera);
  }

  /** `onDrained` is called whenever the client has read all that was sent. */
  async *#text(lastEventId: string | undefined, onDrained: () => void): AsyncGenerator<string> {
    const { first, last } = await eventTable.range(this.db);
    let seq = startSeq(lastEventId, last);
    yield `retry: ${RETRY_MS}\n\n`;
    if (seq < first - 1) yield gapEvent(seq + 1, first - 1);
    while (!this.#ended.signal.aborted) {
      onDrained();
      const events = await eventTable.after(this.db, seq, PAGE_SIZE);
      for (const { seq: id, event } of events.filter((some) => this.#isShown(some)))
        yield event
          ? `id: ${id}\nevent: ${event.event_type}\ndata: ${JSON.stringify(presentEvent(event, this.links))}\n\n`
          : gapEvent(id, id);
      seq = events.at(-1)?.seq ?? seq;
      const isUpToDate = events.length < PAGE_SIZE;
      if (isUpToDate && !(await this.#wakeUp.wait(this.limits.heartbeatMs)))
        // Browsers do not show comments to a page.
        yield 'event: heartbeat\ndata: {}\n\n';
    }
  }
}

/** An id beyond the end of this log comes from another database: the client then starts with new events. */
function startSeq(lastEventId: string | undefined, last: number): number {
  const seq = /^\d{1,15}$/.test(lastEventId ?? '') ? Number(lastEventId) : last;
  return Math.min(seq, last);
}

const gapEvent = (from: number, to: number) =>
  `event: gap\ndata: ${JSON.stringify({ from, to })}\n\n`;
