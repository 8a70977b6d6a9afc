import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { type EventTables, eventTable } from '../store/event-table.js';

export interface EventClientLimits {
  /** A comment is sent when there was no event for this long. */
  heartbeatMs: number;
  /** A client that reads nothing for this long, in addition to `heartbeatMs`, is disconnected. */
  patienceMs: number;
}

const PAGE_SIZE = 100;
const RETRY_MS = 3_000;

/** One client of the event stream. It reads the event log at its own pace and buffers at most one page. */
export class EventClient {
  readonly #ended = new AbortController();
  #wakeWaiting: (() => void) | undefined;
  #hasNewEvents = false;

  constructor(
    private readonly db: Kysely<EventTables>,
    private readonly limits: EventClientLimits,
  ) {}

  /** Call it when events were committed. */
  wake(): void {
    this.#hasNewEvents = true;
    this.#wakeWaiting?.();
  }

  end(): void {
    this.#ended.abort();
    this.#wakeWaiting?.();
  }

  read(lastEventId: string | undefined): Readable {
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

  /** `onDrained` is called whenever the client has read all that was sent. */
  async *#text(lastEventId: string | undefined, onDrained: () => void): AsyncGenerator<string> {
    const { first, last } = await eventTable.range(this.db);
    let seq = startSeq(lastEventId, last);
    yield `retry: ${RETRY_MS}\n\n`;
    if (seq < first - 1) yield gapEvent(seq + 1, first - 1);
    while (!this.#ended.signal.aborted) {
      onDrained();
      this.#hasNewEvents = false;
      const events = await eventTable.after(this.db, seq, PAGE_SIZE);
      for (const { seq: id, event } of events)
        yield `id: ${id}\nevent: ${event.event_type}\ndata: ${JSON.stringify(event)}\n\n`;
      seq = events.at(-1)?.seq ?? seq;
      const isUpToDate = events.length < PAGE_SIZE && !this.#hasNewEvents;
      if (isUpToDate && !(await this.#newEvents())) yield ': keep-alive\n\n';
    }
  }

  /** Resolves with true when there are new events or the client ends, and with false when a heartbeat is due. */
  async #newEvents(): Promise<boolean> {
    const done = new AbortController();
    const woken = new Promise<boolean>((resolve) => {
      this.#wakeWaiting = () => resolve(true);
    });
    const { signal } = done;
    const heartbeat = sleep(this.limits.heartbeatMs, false, { signal }).catch(() => false);
    const hasNewEvents = await Promise.race([woken, heartbeat]);
    done.abort();
    this.#wakeWaiting = undefined;
    return hasNewEvents || this.#ended.signal.aborted;
  }
}

/** An id beyond the end of this log comes from another database: the client then starts with new events. */
function startSeq(lastEventId: string | undefined, last: number): number {
  const seq = /^\d{1,15}$/.test(lastEventId ?? '') ? Number(lastEventId) : last;
  return Math.min(seq, last);
}

const gapEvent = (from: number, to: number) =>
  `event: gap\ndata: ${JSON.stringify({ from, to })}\n\n`;
