import { type Signal, signal } from '@preact/signals';

export type ConnectionState = 'connecting' | 'open' | 'lost';

/** Between two tries to connect again, longer each time. */
const RETRY_MS = { first: 1_000, most: 15_000 };

/**
 * A stream of server-sent events that connects again by itself. Browsers do so only after some failures; this does after
 * each, and after `silenceMs` without an event, also while it connects: a program that is gone does not refuse. Comments
 * are not shown to a page, so that heartbeats have to be among the events.
 */
export class EventConnection {
  readonly state: Signal<ConnectionState> = signal('connecting');
  /** Since when it is lost. */
  readonly lostSince: Signal<number | undefined> = signal(undefined);
  #source: EventSource | undefined;
  #retry: number | undefined;
  #silence: number | undefined;
  #waitMs = RETRY_MS.first;

  constructor(
    private readonly url: string,
    /** By the name of the event; each gets the parsed data. */
    private readonly listeners: Record<string, (data: unknown) => void>,
    private readonly silenceMs = 45_000,
  ) {}

  start(): void {
    this.stop();
    const source = new EventSource(this.url);
    this.#source = source;
    this.#watch();
    source.addEventListener('open', () => this.#heard());
    source.addEventListener('error', () => this.#lost());
    for (const [name, listener] of Object.entries(this.listeners))
      source.addEventListener(name, ({ data }: MessageEvent<string>) => {
        this.#heard();
        listener(JSON.parse(data));
      });
  }

  stop(): void {
    this.#source?.close();
    this.#source = undefined;
    clearTimeout(this.#retry);
    clearTimeout(this.#silence);
  }

  #heard(): void {
    this.state.value = 'open';
    this.lostSince.value = undefined;
    this.#waitMs = RETRY_MS.first;
    this.#watch();
  }

  #watch(): void {
    clearTimeout(this.#silence);
    this.#silence = window.setTimeout(() => this.#lost(), this.silenceMs);
  }

  #lost(): void {
    this.stop();
    this.state.value = 'lost';
    this.lostSince.value ??= Date.now();
    this.#retry = window.setTimeout(() => this.start(), this.#waitMs);
    this.#waitMs = Math.min(2 * this.#waitMs, RETRY_MS.most);
  }
}
