import type { Readable } from 'node:stream';
import { clientStream } from '../../../core/http/client-stream.js';
import { AutoResetEvent } from '../../../core/runtime/auto-reset-event.js';

/** A part of a message that many clients get: its JSON is made once. */
export type Json = string;

/** What happened since the last round. */
export interface Round {
  /** Cameras that changed, by id. */
  cameras: ReadonlyMap<string, Json>;
  removed: readonly string[];
  /** The ids of all cameras, if others are there or in another order. */
  order: readonly string[] | undefined;
  sightings: readonly { camera: string; json: Json }[];
  relay: Json | undefined;
  health: Json | undefined;
}

export interface LiveClientOptions {
  /** Only these are shown to the client; all if it is undefined. */
  scope: readonly string[] | undefined;
  /** The data of the first message. */
  state: () => Promise<Json>;
  now: () => string;
  heartbeatMs: number;
  patienceMs: number;
}

/** Limit on the sightings that wait for a client; what is beyond it is counted. */
const MAX_WAITING = 100;
const RETRY_MS = 3_000;

/**
 * One client of the live stream. What it has not read yet is merged: however slow it is, at most the newest state of each
 * camera waits for it.
 */
export class LiveClient {
  readonly #ended = new AbortController();
  readonly #wakeUp = new AutoResetEvent();
  readonly #cameras = new Map<string, Json>();
  readonly #removed = new Set<string>();
  #order: readonly string[] | undefined;
  #sightings: Json[] = [];
  #missed = 0;
  #relay: Json | undefined;
  #health: Json | undefined;

  constructor(private readonly options: LiveClientOptions) {}

  end(): void {
    this.#ended.abort();
    this.#wakeUp.set();
  }

  read(): Readable {
    const { patienceMs, heartbeatMs } = this.options;
    return clientStream((onDrained) => this.#messages(onDrained), {
      patienceMs: patienceMs + heartbeatMs,
      onEnd: () => this.end(),
    });
  }

  add({ cameras, removed, order, sightings, relay, health }: Round): void {
    const { scope } = this.options;
    const isShown = (camera: string) => scope?.includes(camera) ?? true;
    for (const [camera, json] of cameras)
      if (isShown(camera)) {
        this.#cameras.set(camera, json);
        this.#removed.delete(camera);
      }
    for (const camera of removed.filter(isShown)) {
      this.#cameras.delete(camera);
      this.#removed.add(camera);
    }
    if (order) this.#order = order.filter(isShown);
    for (const { camera, json } of sightings) if (isShown(camera)) this.#addSighting(json);
    if (!scope) {
      this.#relay = relay ?? this.#relay;
      this.#health = health ?? this.#health;
    }
    if (this.#parts().length > 0) this.#wakeUp.set();
  }

  #addSighting(json: Json): void {
    if (this.#sightings.length < MAX_WAITING) this.#sightings.push(json);
    else this.#missed += 1;
  }

  async *#messages(onDrained: () => void): AsyncGenerator<string> {
    yield `retry: ${RETRY_MS}\n\nevent: state\ndata: ${await this.options.state()}\n\n`;
    while (!this.#ended.signal.aborted) {
      onDrained();
      const isWoken = await this.#wakeUp.wait(this.options.heartbeatMs);
      const parts = this.#take();
      // Browsers do not show comments to a page, so that a heartbeat is an event without changes.
      if (!isWoken || parts.length > 0)
        yield `event: changes\ndata: {${[`"at":"${this.options.now()}"`, ...parts].join(',')}}\n\n`;
    }
  }

  #take(): string[] {
    const parts = this.#parts();
    this.#cameras.clear();
    this.#removed.clear();
    this.#sightings = [];
    this.#missed = 0;
    this.#order = this.#relay = this.#health = undefined;
    return parts;
  }

  #parts(): string[] {
    const cameras = [...this.#cameras.values()];
    return [
      ...(cameras.length > 0 ? [`"cameras":[${cameras.join(',')}]`] : []),
      ...(this.#removed.size > 0 ? [`"removed":${JSON.stringify([...this.#removed])}`] : []),
      ...(this.#order ? [`"order":${JSON.stringify(this.#order)}`] : []),
      ...(this.#sightings.length > 0 ? [`"sightings":[${this.#sightings.join(',')}]`] : []),
      ...(this.#missed > 0 ? [`"missed":${this.#missed}`] : []),
      ...(this.#relay === undefined ? [] : [`"relay":${this.#relay}`]),
      ...(this.#health === undefined ? [] : [`"health":${this.#health}`]),
    ];
  }
}
