import { nameSchema } from '../contract/names.js';
import { decodePayload } from '../contract/topic-payloads.js';
import {
  filterFor,
  MAX_PAYLOAD_BYTES,
  namesReader,
  type TopicName,
  type TopicNames,
  topics,
} from '../contract/topics.js';
import { messageOf } from '../runtime/errors.js';
import { LogThrottle } from '../runtime/log-throttle.js';
import type { Logger } from '../runtime/logger.js';
import type { MessageHandler, SubscribeOptions } from './message-bus.js';
import type { Dispatched, IncomingMessage } from './mqtt-message.js';
import { PendingWork } from './pending-work.js';

const LOG_EVERY_MS = 60_000;

interface Subscription {
  topic: TopicName;
  filter: string;
  pending: PendingWork;
  namesIn(topic: string): Record<string, string> | undefined;
  deliver(message: IncomingMessage, names: Record<string, string>): void | Promise<void>;
  matches(names: Record<string, string>): boolean;
}

/** Dispatches messages to subscribers. A message that does not fit its topic is counted, logged once a minute, and dropped. */
export class Subscriptions {
  readonly #subscriptions: Subscription[] = [];
  readonly #throttle = new LogThrottle(LOG_EVERY_MS);
  invalid = 0;

  constructor(
    private readonly root: string,
    private readonly log: Logger,
  ) {}

  /** Returns the filter to subscribe to at the broker. */
  add<N extends TopicName>(
    topic: N,
    wanted: Partial<TopicNames<N>>,
    handler: MessageHandler<N>,
    { shareGroup, maxPending = 1, onInvalid }: SubscribeOptions = {},
  ): Record<string, { qos: 0 | 1 }> {
    const wantedNames = Object.entries<string>(wanted as Record<string, string>);
    const filter = filterFor(this.root, topic, Object.fromEntries(wantedNames));
    const subscription: Subscription = {
      topic,
      filter: shareGroup === undefined ? filter : `$share/${shareGroup}/${filter}`,
      pending: new PendingWork(maxPending),
      namesIn: namesReader(this.root, topic),
      matches: (names) => wantedNames.every(([key, name]) => names[key] === name),
      deliver: ({ payload, retained }, names) => {
        const text = payload.toString('utf8', 0, MAX_PAYLOAD_BYTES);
        const decoded =
          payload.length > MAX_PAYLOAD_BYTES
            ? tooLarge(payload.length)
            : decodePayload(topic, text, names);
        if (decoded.ok)
          return handler({ names: names as TopicNames<N>, payload: decoded.payload, retained });
        this.#refuse(topic, names, decoded.reason);
        const { reason, isDamaged } = decoded;
        return onInvalid?.({ names, text, reason, isDamaged });
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
   * Never throws: a handler that fails must not end the connection. `handled` resolves with the last handler.
   * `readOn` is set if nothing further may be read before it resolves.
   */
  dispatch(message: IncomingMessage): Dispatched {
    const handled: Promise<void>[] = [];
    const full: Promise<void>[] = [];
    for (const subscription of this.#subscriptions) {
      const work = this.#offer(subscription, message);
      if (!work) continue;
      handled.push(work);
      const mayContinue = subscription.pending.begin(work);
      if (mayContinue) full.push(mayContinue);
    }
    return { handled: all(handled), readOn: all(full) };
  }

  #offer(subscription: Subscription, message: IncomingMessage): void | Promise<void> {
    const { topic } = subscription;
    const names = subscription.namesIn(message.topic);
    if (!names || !subscription.matches(names)) return;
    // A retained message was cleared.
    if (topics[topic].retain && message.payload.length === 0) return;
    if (!Object.values(names).every((name) => nameSchema.safeParse(name).success))
      return this.#refuse(topic, {}, 'the topic contains an invalid name');
    const failed = (error: unknown) =>
      this.log.error({ topic, ...names, error: messageOf(error) }, 'message handler failed');
    try {
      return subscription.deliver(message, names)?.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  #refuse(topic: TopicName, names: Record<string, string>, reason: string): void {
    this.invalid++;
    if (this.#throttle.isDue(topic))
      this.log.warn({ topic, ...names, reason, invalid: this.invalid }, 'message refused');
  }
}

const tooLarge = (bytes: number) => ({
  ok: false as const,
  reason: `${bytes} bytes; the limit is ${MAX_PAYLOAD_BYTES}`,
  isDamaged: false,
});

const all = (promises: Promise<void>[]): Promise<unknown> | undefined =>
  promises.length > 1 ? Promise.all(promises) : promises[0];
