import type { Payload, TopicName, TopicNames } from '../contract/topics.js';

/** One message: its topic, the names in the topic's path, and the payload that belongs to it. */
export type Publication = {
  [N in TopicName]: { topic: N; names: TopicNames<N>; payload: Payload<N> };
}[TopicName];

export interface Received<N extends TopicName> {
  names: TopicNames<N>;
  payload: Payload<N>;
  /** The broker had retained it: it is a past state, not a new event. */
  retained: boolean;
}

/** A message that does not fit its topic. */
export interface InvalidMessage {
  names: Record<string, string>;
  /** Its beginning. */
  text: string;
  reason: string;
  /** It is not what was sent: a checksum does not match. */
  isDamaged: boolean;
}

export interface SubscribeOptions {
  /**
   * Divides the messages among all subscribers with the same name (MQTT 5, section 4.8.2: a shared subscription).
   * Only for a bus that speaks MQTT 5.
   */
  shareGroup?: string | undefined;
  /**
   * Messages that handlers may process at a time; at the limit nothing further is read from the broker. With 1, the
   * default, they are handled one after the other.
   */
  maxPending?: number;
  /** Called with each message that does not fit its topic, in place of the handler. */
  onInvalid?: (message: InvalidMessage) => void | Promise<void>;
}

/** A QoS 1 message is confirmed to the broker (PUBACK) once the handler's promise has settled, one way or the other. */
export type MessageHandler<N extends TopicName> = (message: Received<N>) => void | Promise<void>;

export interface BusStatus {
  connected: boolean;
  /** When `connected` last changed, in milliseconds since the Unix epoch. */
  since: number;
  lastError: string | undefined;
  /** Connections after the first. */
  reconnects: number;
  /** Publications that the broker has not confirmed yet. */
  inFlight: number;
  /** Messages that were refused because they did not fit their topic. */
  invalid: number;
  /** What works only in part although the bus is connected, e.g. messages that the broker does not accept. */
  problems: string[];
}

/** Typed publish and subscribe. A payload of another topic's type does not compile. */
export interface MessageBus {
  readonly connected: boolean;
  /** The largest payload that the broker accepts on a topic, in bytes, as far as it is known. */
  maxPayloadBytes<N extends TopicName>(topic: N, names: TopicNames<N>): number;
  /** A payload of so many bytes was made smaller because of `maxPayloadBytes`; the status reports it. */
  shortened<N extends TopicName>(topic: N, names: TopicNames<N>, bytes: number): void;
  /** The broker has confirmed a payload of this size, but has not delivered it. If it is large, `maxPayloadBytes` falls below it. */
  undelivered<N extends TopicName>(topic: N, names: TopicNames<N>, bytes: number): void;
  /**
   * Resolves once the broker has confirmed a QoS 1 message, or a QoS 0 message was sent. Rejects with
   * a `MessagingError` when there is no connection, or it ends first: nothing is queued for later.
   */
  publish<N extends TopicName>(topic: N, names: TopicNames<N>, payload: Payload<N>): Promise<void>;
  /** Removes a retained message from the broker. Resolves and rejects as `publish` does. */
  clear<N extends TopicName>(topic: N, names: TopicNames<N>): Promise<void>;
  /** Stays in force on every later connection. Omitted names match any. */
  subscribe<N extends TopicName>(
    topic: N,
    names: Partial<TopicNames<N>>,
    handler: MessageHandler<N>,
    options?: SubscribeOptions,
  ): void;
  /** Called after each connection, when its subscriptions are made. Returns a function that unsubscribes. */
  onConnect(listener: () => void): () => void;
  onDisconnect(listener: () => void): () => void;
  status(): BusStatus;
}

export type MessagingErrorCode =
  | 'not_connected'
  | 'too_many_in_flight'
  /** More bytes than the topic map allows, or than the broker accepts. */
  | 'payload_too_large'
  /** The broker ends the connection after each message on this topic. */
  | 'topic_refused';

export class MessagingError extends Error {
  override readonly name = 'MessagingError';

  constructor(
    readonly code: MessagingErrorCode,
    message: string,
    options: { cause?: unknown } = {},
  ) {
    super(message, options);
  }
}
