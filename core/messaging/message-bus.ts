import type { Payload, TopicName, TopicNames } from '../contract/topics.js';

/** One message: its topic, the names in the topic's path, and the payload that belongs to it. */
export type Publication = {
  [N in TopicName]: { topic: N; names: TopicNames<N>; payload: Payload<N> };
}[TopicName];

export interface Received<N extends TopicName> {
  names: TopicNames<N>;
  payload: Payload<N>;
  /** The broker kept it from earlier: it tells how things stood, not that something happened now. */
  retained: boolean;
}

export interface SubscribeOptions {
  /**
   * Divides the messages among all who subscribe with the same name (MQTT 5, section 4.8.2: a shared subscription).
   * Only for a bus that speaks MQTT 5.
   */
  shareGroup?: string | undefined;
  /**
   * How many messages handlers may be at work on before nothing further is read from the broker. With 1, the default,
   * they are handled one after the other.
   */
  maxPending?: number;
}

/** A QoS 1 message is confirmed to the broker (PUBACK) once the handler's promise has settled, one way or the other. */
export type MessageHandler<N extends TopicName> = (message: Received<N>) => void | Promise<void>;

export interface BusStatus {
  connected: boolean;
  /** When the present state began, in milliseconds since the Unix epoch. */
  since: number;
  lastError: string | undefined;
  /** Connections that were made after the first. */
  reconnects: number;
  /** Publications that the broker has not confirmed yet. */
  inFlight: number;
  /** Messages that were refused because they did not fit their topic. */
  invalid: number;
}

/** Typed publish and subscribe. A payload that is not its topic's does not compile. */
export interface MessageBus {
  readonly connected: boolean;
  /**
   * Resolves once the broker has confirmed a QoS 1 message, or a QoS 0 message was sent. Rejects with
   * a `MessagingError` when there is no connection, or it ends first: nothing is queued for later.
   */
  publish<N extends TopicName>(topic: N, names: TopicNames<N>, payload: Payload<N>): Promise<void>;
  /** Takes a retained message away from the broker. Resolves and rejects as `publish` does. */
  clear<N extends TopicName>(topic: N, names: TopicNames<N>): Promise<void>;
  /** Holds for every later connection, too. Names that are left out match any. */
  subscribe<N extends TopicName>(
    topic: N,
    names: Partial<TopicNames<N>>,
    handler: MessageHandler<N>,
    options?: SubscribeOptions,
  ): void;
  /** Called after each connection, once the subscriptions stand. Returns the way to cancel it. */
  onConnect(listener: () => void): () => void;
  onDisconnect(listener: () => void): () => void;
  status(): BusStatus;
}

export type MessagingErrorCode = 'not_connected' | 'too_many_in_flight' | 'payload_too_large';

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
