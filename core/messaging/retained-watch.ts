import type { OwnMessages } from './own-messages.js';

/** Delays before the first corrections of a topic; the last one is repeated. */
const CORRECT_AFTER_MS = [200, 2_000, 10_000, 60_000];
/** After this time without a foreign message, a topic is corrected as fast as at first. */
const CALM_MS = 600_000;
/** Foreign messages on a topic, within `CALM_MS` of each other, that are reported. One may be a late will. */
const REPORTED = 3;
/** An own message that the broker does not send back within this time is no longer expected. */
const ECHO_MS = 30_000;
const MAX_TOPICS = 2_048;

export interface WatchedTopic {
  topic: string;
  payload: string;
}

interface Announced {
  payload: string;
  /** Whether it was published on the present connection; before that, the broker may have an older state. */
  isCurrent: boolean;
  /** When own messages were sent that the broker has not sent back yet. */
  expected: { payload: string; at: number }[];
  foreign: number;
  foreignAt: number;
  /** When the topic is to be published again; undefined if the broker has what was announced. */
  dueAt: number | undefined;
  corrections: number;
}

/**
 * Compares the retained messages of the own topics at the broker with what was announced: a late will, another client or an
 * operator may have changed them. Decides when one is published again; the more often a topic is changed, the more seldom
 * it is corrected. Times are milliseconds of any one clock.
 */
export class RetainedWatch {
  readonly #announced = new Map<string, Announced>();
  #twinAt: number | undefined;

  /**
   * `isWatched` are the topics that are corrected. `isSignature` are topics whose payloads differ between any two
   * programs, so that a foreign one shows a second program with the same site id.
   */
  constructor(
    private readonly options: {
      isWatched: (topic: string) => boolean;
      isSignature: (topic: string) => boolean;
      own: OwnMessages;
      now?: () => number;
    },
  ) {}

  /** A retained message is about to be sent; an empty one clears the topic. */
  sent(topic: string, payload: string): void {
    const { isWatched, isSignature, own } = this.options;
    if (isSignature(topic)) own.add(topic, payload);
    if (!isWatched(topic)) return;
    own.add(topic, payload);
    if (payload === '') {
      this.#announced.delete(topic);
      return;
    }
    const known = this.#announced.get(topic);
    if (!known && this.#announced.size >= MAX_TOPICS) return;
    const at = this.#now();
    const expected = (known?.expected ?? []).filter((e) => at - e.at < ECHO_MS);
    this.#announced.set(topic, {
      foreign: 0,
      foreignAt: 0,
      corrections: 0,
      ...known,
      payload,
      isCurrent: true,
      expected: [...expected, { payload, at }],
      dueAt: undefined,
    });
  }

  /**
   * A message on an own topic has arrived, retained or new. True if it is to be corrected. `counts` is false if no other
   * client can be blamed for it.
   */
  received(topic: string, payload: string, counts: boolean): boolean {
    const { isSignature, own } = this.options;
    const now = this.#now();
    if (isSignature(topic) && own.knows(topic) && payload !== '' && !own.has(topic, payload))
      this.#twinAt = now;
    const announced = this.#announced.get(topic);
    if (!announced?.isCurrent) return false;
    const echo = announced.expected.findIndex((e) => e.payload === payload);
    if (echo >= 0) {
      announced.expected.splice(0, echo + 1);
      if (announced.expected.length === 0 && payload === announced.payload)
        announced.dueAt = undefined;
      return false;
    }
    if (payload === announced.payload || this.#isOfOtherConnection(topic, payload)) return false;
    this.#onForeign(announced, now, counts);
    return true;
  }

  /** The topics to be published again now. */
  takeDue(): WatchedTopic[] {
    const now = this.#now();
    return [...this.#announced].flatMap(([topic, announced]) => {
      if (announced.dueAt === undefined || announced.dueAt > now) return [];
      announced.dueAt = undefined;
      announced.corrections++;
      return [{ topic, payload: announced.payload }];
    });
  }

  /** Milliseconds until `takeDue` has something; undefined if nothing is due. */
  waitMs(): number | undefined {
    const due = [...this.#announced.values()].flatMap(({ dueAt }) => dueAt ?? []);
    return due.length === 0 ? undefined : Math.max(0, Math.min(...due) - this.#now());
  }

  /** The connection has ended: nothing that was sent is expected back. */
  disconnected(): void {
    for (const announced of this.#announced.values()) {
      announced.isCurrent = false;
      announced.expected = [];
      announced.dueAt = undefined;
    }
  }

  /** Topics that another client publishes on again and again. */
  contested(): string[] {
    const now = this.#now();
    return [...this.#announced].flatMap(([topic, { foreign, foreignAt }]) =>
      foreign >= REPORTED && now - foreignAt < CALM_MS ? [topic] : [],
    );
  }

  /** Whether a second program with the same site id published something lately. */
  get hasTwin(): boolean {
    return this.#twinAt !== undefined && this.#now() - this.#twinAt < CALM_MS;
  }

  #onForeign(announced: Announced, now: number, counts: boolean): void {
    if (now - announced.foreignAt >= CALM_MS) {
      announced.foreign = 0;
      announced.corrections = 0;
    }
    if (counts) {
      announced.foreign++;
      announced.foreignAt = now;
    }
    const i = Math.min(announced.corrections, CORRECT_AFTER_MS.length - 1);
    announced.dueAt ??= now + (CORRECT_AFTER_MS[i] ?? 0);
  }

  /** A long payload that this program has published, on its other connection or before the last change. */
  #isOfOtherConnection(topic: string, payload: string): boolean {
    return payload.length > MAX_STATE_LENGTH && this.options.own.has(topic, payload);
  }

  #now(): number {
    return this.options.now?.() ?? performance.now();
  }
}

/** Payloads up to this length are states such as `online`, which are never right only because they once were. */
const MAX_STATE_LENGTH = 16;
