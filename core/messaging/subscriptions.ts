import { nameSchema } from '../contract/names.js';
import {
  decodePayload,
  filterFor,
  MAX_PAYLOAD_BYTES,
  namesIn,
  type TopicName,
  type TopicNames,
  topics,
} from '../contract/topics.js';
import type { Clock } from '../runtime/clock.js';
import { messageOf } from '../runtime/errors.js';
import type { Logger } from '../runtime/logger.js';
import type { MessageHandler, SubscribeOptions } from './message-bus.js';
import type { IncomingMessage } from './mqtt-connection.js';
import { PendingWork } from './pending-work.js';

const LOG_EVERY_MS = 60_000;

interface Subscription {
  topic: TopicName;
  filter: string;
  pending: PendingWork;
  deliver(message: IncomingMessage, names: Record<string, string>): void | Promise<void>;
  matches(names: Record<string, string>): boolean;
}

export interface Dispatched {
  handled: Promise<unknown> | undefined;
  readOn: Promise<unknown> | undefined;
}

/** Who gets which message. What does not fit its topic is counted, logged once a minute, and goes no further. */
export class Subscriptions {
  readonly #subscriptions: Subscription[] = [];
  readonly #lastLogged = new Map<TopicName, number>();
  invalid = 0;

  constructor(
    private readonly root: string,
    private readonly log: Logger,
    private readonly clock: Clock,
  ) {}

  /** Returns the filter to ask the broker for. */
  add<N extends TopicName>(
    topic: N,
    wanted: Partial<TopicNames<N>>,
    handler: MessageHandler<N>,
    { shareGroup, maxPending = 1 }: SubscribeOptions = {},
  ): Record<string, { qos: 0 | 1 }> {
    const wantedNames = Object.entries<string>(wanted as Record<string, string>);
    const filter = filterFor(this.root, topic, Object.fromEntries(wantedNames));
    const subscription: Subscription = {
      topic,
      filter: shareGroup === undefined ? filter : `$share/${shareGroup}/${filter}`,
      pending: new PendingWork(maxPending),
      matches: (names) => wantedNames.every(([key, name]) => names[key] === name),
      deliver: ({ payload, retained }, names) => {
        const decoded = decodePayload(topic, payload.toString('utf8'));
        if (decoded.ok)
          return handler({ names: names as TopicNames<N>, payload: decoded.payload, retained });
        this.#refuse(topic, names, decoded.reason);
      },
    };
    this.#subscriptions.push(subscription);
    return { [subscription.filter]: { qos: topics[topic].qos } };
  }

  filters(): Record<string, { qos: 0 | 1 }> {
    return Object.fromEntries(
      this.#subscriptions.map(({ filter, topic }) => [filter, { qos: topics[topic].qos }]),
    );
  }

  /**
   * Never throws: a handler's failure is its own, and must not end the connection. `handled` settles with the last
   * handler; `readOn` is there where nothing further should be read before it has settled.
   */
  dispatch(message: IncomingMessage): Dispatched {
    const handled: Promise<void>[] = [];
    const full: Promise<void>[] = [];
    for (const subscription of this.#subscriptions) {
      const work = this.#offer(subscription, message);
      if (!work) continue;
      handled.push(work);
      const room = subscription.pending.begin(work);
      if (room) full.push(room);
    }
    return { handled: all(handled), readOn: all(full) };
  }

  #offer(subscription: Subscription, message: IncomingMessage): void | Promise<void> {
    const { topic } = subscription;
    const names = namesIn(this.root, topic, message.topic) as Record<string, string> | undefined;
    if (!names || !subscription.matches(names)) return;
    // A retained message was cleared.
    if (topics[topic].retain && message.payload.length === 0) return;
    if (message.payload.length > MAX_PAYLOAD_BYTES)
      return this.#refuse(topic, {}, `${message.payload.length} bytes are too many`);
    if (!Object.values(names).every((name) => nameSchema.safeParse(name).success))
      return this.#refuse(topic, {}, 'the topic holds an impossible name');
    const failed = (error: unknown) =>
      this.log.error({ topic, ...names, error: messageOf(error) }, 'could not handle a message');
    try {
      return subscription.deliver(message, names)?.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  #refuse(topic: TopicName, names: Record<string, string>, reason: string): void {
    this.invalid++;
    const now = this.clock();
    if (now - (this.#lastLogged.get(topic) ?? -LOG_EVERY_MS) < LOG_EVERY_MS) return;
    this.#lastLogged.set(topic, now);
    this.log.warn({ topic, ...names, reason, invalid: this.invalid }, 'refused a message');
  }
}

const all = (promises: Promise<void>[]): Promise<unknown> | undefined =>
  promises.length > 1 ? Promise.all(promises) : promises[0];
