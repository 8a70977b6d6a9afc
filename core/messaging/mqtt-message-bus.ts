import { setTimeout as sleep } from 'node:timers/promises';
import { encodePayload } from '../contract/topic-payloads.js';
import {
  maxBytesOf,
  type Payload,
  type TopicName,
  type TopicNames,
  topicFor,
  topics,
} from '../contract/topics.js';
import { type Clock, systemClock } from '../runtime/clock.js';
import { messageOf } from '../runtime/errors.js';
import type { Service } from '../runtime/lifecycle.js';
import type { Logger } from '../runtime/logger.js';
import { type BrokerAddress, parseBrokerUrl } from './broker-url.js';
import { problemsOf } from './bus-problems.js';
import { CONNECT_TIMEOUT_MS, KEEPALIVE_SECONDS, LimitProbe } from './limit-probe.js';
import {
  type BusStatus,
  type MessageBus,
  type MessageHandler,
  MessagingError,
  type Publication,
  type SubscribeOptions,
} from './message-bus.js';
import { MqttConnection } from './mqtt-connection.js';
import type { IncomingMessage, OutgoingMessage } from './mqtt-message.js';
import type { MqttMessageBusOptions } from './mqtt-message-bus-options.js';
import { OwnTopics } from './own-topics.js';
import { PublishGate } from './publish-gate.js';
import { Reconnector } from './reconnector.js';
import { RefusedFilters } from './refused-filters.js';
import { Subscriptions } from './subscriptions.js';

export type { MqttMessageBusOptions } from './mqtt-message-bus-options.js';

const FAREWELL_MS = 1_000;
/** Of the broker, to confirm the subscriptions and the birth message. */
const HANDSHAKE_MS = 30_000;

/**
 * The message bus over MQTT. `start()` does not wait for the broker: while the broker is down the bus is disconnected
 * and tries again with growing delays.
 */
export class MqttMessageBus implements MessageBus, Service {
  readonly name = 'messaging';
  readonly #subscriptions: Subscriptions;
  readonly #refused: RefusedFilters;
  readonly #reconnector: Reconnector;
  readonly #gate: PublishGate;
  readonly #limitProbe: LimitProbe;
  readonly #own: OwnTopics;
  readonly #connectListeners = new Set<() => void>();
  readonly #disconnectListeners = new Set<() => void>();
  readonly #maxInFlight: number;
  /** Accepted by the broker; subscriptions are being made. */
  #accepted: MqttConnection | undefined;
  /** Ready for use. */
  #connection: MqttConnection | undefined;
  #since: number;
  #connections = 0;

  constructor(
    private readonly options: MqttMessageBusOptions,
    private readonly log: Logger,
    private readonly clock: Clock = systemClock,
  ) {
    this.#subscriptions = new Subscriptions(options.root, log);
    this.#refused = new RefusedFilters(log);
    this.#gate = new PublishGate(options.root, log);
    this.#limitProbe = new LimitProbe(options, this.#gate);
    this.#own = new OwnTopics(options, (message) => this.#restore(message), log);
    this.#reconnector = new Reconnector(
      {
        clientId: options.clientId,
        backoff: options.backoff,
        prepare: (address) => this.#limitProbe.run(address),
        connect: (address) => this.#connect(address),
        onAccepted: (connection, address) => this.#onAccepted(connection, address),
        onEnded: (connection) => this.#onEnded(connection),
        hasTwin: () => this.#own.hasTwin(this.#refused.list()),
      },
      log,
    );
    this.#maxInFlight = options.maxInFlight ?? 1024;
    this.#since = clock();
  }

  get connected(): boolean {
    return this.#connection !== undefined;
  }

  async start(): Promise<void> {
    const { url } = this.options;
    this.#reconnector.start(parseBrokerUrl(typeof url === 'string' ? url : url()));
  }

  async stop(): Promise<void> {
    const connection = this.#connection;
    this.#own.stop();
    this.#limitProbe.stop();
    if (connection && this.options.farewell)
      await Promise.race([
        this.#send(connection, this.#encode(this.options.farewell)).catch(() => undefined),
        sleep(FAREWELL_MS, undefined, { ref: false }),
      ]);
    await this.#reconnector.stop();
  }

  maxPayloadBytes<N extends TopicName>(topic: N, names: TopicNames<N>): number {
    const path = topicFor(this.options.root, topic, names);
    return Math.min(maxBytesOf(topic), this.#gate.maxPayloadBytes(path));
  }

  shortened<N extends TopicName>(topic: N, names: TopicNames<N>, bytes: number): void {
    this.#gate.shortened(topicFor(this.options.root, topic, names), bytes);
  }

  undelivered<N extends TopicName>(topic: N, names: TopicNames<N>, bytes: number): void {
    this.#gate.undelivered(topicFor(this.options.root, topic, names), bytes);
  }

  async publish<N extends TopicName>(
    topic: N,
    names: TopicNames<N>,
    payload: Payload<N>,
  ): Promise<void> {
    const connection = this.#ready();
    const message = this.#encode({ topic, names, payload } as Publication);
    const maxBytes = maxBytesOf(topic);
    if (Buffer.byteLength(message.payload) > maxBytes)
      throw new MessagingError(
        'payload_too_large',
        `a payload of ${topic} may have ${maxBytes} bytes`,
      );
    await this.#send(connection, message);
  }

  async clear<N extends TopicName>(topic: N, names: TopicNames<N>): Promise<void> {
    const path = topicFor(this.options.root, topic, names);
    await this.#send(this.#ready(), { topic: path, payload: '', qos: 1, retain: true });
  }

  subscribe<N extends TopicName>(
    topic: N,
    names: Partial<TopicNames<N>>,
    handler: MessageHandler<N>,
    options?: SubscribeOptions,
  ): void {
    const filter = this.#subscriptions.add(topic, names, handler, options);
    if (!this.#accepted) return;
    this.#refused.subscribe(this.#accepted, filter).catch((error: unknown) => {
      this.log.warn({ topic, error: messageOf(error) }, 'subscription failed');
    });
  }

  onConnect(listener: () => void): () => void {
    this.#connectListeners.add(listener);
    return () => this.#connectListeners.delete(listener);
  }

  onDisconnect(listener: () => void): () => void {
    this.#disconnectListeners.add(listener);
    return () => this.#disconnectListeners.delete(listener);
  }

  status(): BusStatus {
    const problems = this.connected
      ? problemsOf({
          largest: this.#gate.largest,
          withheld: this.#gate.withheld(),
          refused: this.#refused.list().filter((filter) => !this.#own.filters().includes(filter)),
          contested: this.#own.contested(),
        })
      : [];
    const lastError = this.#reconnector.lastError(this.connected ? this.clock() - this.#since : 0);
    return {
      connected: this.connected,
      since: this.#since,
      lastError: problems.length > 0 ? problems.join('; ') : lastError,
      reconnects: Math.max(0, this.#connections - 1),
      inFlight: this.#connection?.inFlight ?? 0,
      invalid: this.#subscriptions.invalid,
      problems,
    };
  }

  #ready(): MqttConnection {
    const connection = this.#connection;
    if (!connection) throw new MessagingError('not_connected', 'not connected to the broker');
    if (connection.inFlight >= this.#maxInFlight)
      throw new MessagingError(
        'too_many_in_flight',
        `the broker has not confirmed ${connection.inFlight} publications`,
      );
    return connection;
  }

  /** Throws without sending if the broker does not accept such a message. */
  async #send(connection: MqttConnection, message: OutgoingMessage): Promise<void> {
    const isSuspicious = this.#gate.admit(message);
    this.#own.sent(message);
    await connection.publish(message, isSuspicious);
  }

  /** Publishes a retained message again that another client has changed. */
  #restore(message: OutgoingMessage): void {
    const connection = this.#connection;
    if (!connection) return;
    this.#send(connection, message).catch((error: unknown) => {
      this.log.debug(
        { topic: message.topic, error: messageOf(error) },
        'retained message not sent',
      );
    });
  }

  #connect(address: BrokerAddress): MqttConnection {
    const { clientId, username, password, ca, fingerprint, will, receiveMaximum } = this.options;
    return MqttConnection.open({
      address,
      clientId,
      username,
      password,
      ca,
      fingerprint,
      will: will && this.#encode(will),
      protocolVersion: this.options.protocolVersion ?? 4,
      receiveMaximum,
      keepaliveSeconds: this.options.keepaliveSeconds ?? KEEPALIVE_SECONDS,
      connectTimeoutMs: this.options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      onMessage: (message) => this.#dispatch(message),
      onRead: (packets) => this.#gate.read(packets),
    });
  }

  #dispatch(message: IncomingMessage) {
    this.#own.received(message, this.connected ? this.clock() - this.#since : 0);
    return this.#subscriptions.dispatch(message);
  }

  /** Subscribes and publishes the birth message before the listeners are called. */
  async #onAccepted(connection: MqttConnection, address: BrokerAddress): Promise<void> {
    this.#accepted = connection;
    if (this.options.protocolVersion === 5) this.#gate.announced(connection.maxPacketBytes);
    const deadline = setTimeout(
      () =>
        connection.abort({
          kind: 'silent',
          text: 'the broker did not confirm a subscription or the first message in time',
        }),
      this.options.handshakeMs ?? HANDSHAKE_MS,
    );
    try {
      await this.#refused.subscribe(connection, this.#subscriptions.filters());
      await this.#refused.subscribe(connection, this.#own.subscriptions());
      if (this.options.birth) await this.#send(connection, this.#encode(this.options.birth));
    } finally {
      clearTimeout(deadline);
    }
    this.#connection = connection;
    this.#since = this.clock();
    this.#connections++;
    this.log.info({ broker: address.label }, 'broker connected');
    for (const listener of this.#connectListeners) listener();
  }

  #onEnded(connection: MqttConnection): string | undefined {
    this.#accepted = undefined;
    this.#own.disconnected();
    const explanation = this.#gate.ended(connection) ?? this.#refused.ended(connection.reason.kind);
    if (this.#connection !== connection) return explanation;
    this.#connection = undefined;
    this.#since = this.clock();
    for (const listener of this.#disconnectListeners) listener();
    return explanation;
  }

  #encode({ topic, names, payload }: Publication): OutgoingMessage {
    const { qos, retain } = topics[topic];
    return {
      topic: topicFor(this.options.root, topic, names as TopicNames<typeof topic>),
      payload: encodePayload(topic, payload, names),
      qos,
      retain,
    };
  }
}
