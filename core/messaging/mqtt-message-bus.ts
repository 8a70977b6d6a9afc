import { setTimeout as sleep } from 'node:timers/promises';
import {
  encodePayload,
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
import type { BackoffRange } from './backoff.js';
import { type BrokerAddress, parseBrokerUrl } from './broker-url.js';
import {
  type BusStatus,
  type MessageBus,
  type MessageHandler,
  MessagingError,
  type Publication,
  type SubscribeOptions,
} from './message-bus.js';
import { MqttConnection } from './mqtt-connection.js';
import type { OutgoingMessage } from './mqtt-message.js';
import { Reconnector } from './reconnector.js';
import { Subscriptions } from './subscriptions.js';

export interface MqttMessageBusOptions {
  /** `mqtt://HOST:PORT` or `mqtts://…`; a function is called when the bus starts. */
  url: string | (() => string);
  /** Levels above the topics of the map. */
  root: string;
  /** Unique at the broker: a second connection with the same id ends the first. */
  clientId: string;
  username?: string | undefined;
  password?: string | undefined;
  /** Certificate authorities to trust instead of the system's, as PEM. */
  ca?: string | undefined;
  /** Published after every connection, before the listeners of `onConnect` are called. */
  birth?: Publication;
  /** Published by the broker when the connection breaks. */
  will?: Publication;
  /** Published on a clean stop. */
  farewell?: Publication;
  /** 4 (MQTT 3.1.1) by default, which the embedded broker speaks; shared subscriptions need 5. */
  protocolVersion?: 4 | 5;
  /** Unconfirmed messages that the broker may send at once (MQTT 5 only). */
  receiveMaximum?: number;
  keepaliveSeconds?: number;
  connectTimeoutMs?: number;
  backoff?: BackoffRange;
  /** Unconfirmed publications beyond this are refused. */
  maxInFlight?: number;
}

const FAREWELL_MS = 1_000;

/**
 * The message bus over MQTT. `start()` does not wait for the broker: while the broker is down the bus is disconnected
 * and tries again with growing delays.
 */
export class MqttMessageBus implements MessageBus, Service {
  readonly name = 'messaging';
  readonly #subscriptions: Subscriptions;
  readonly #reconnector: Reconnector;
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
    this.#reconnector = new Reconnector(
      {
        clientId: options.clientId,
        backoff: options.backoff,
        connect: (address) => this.#connect(address),
        onAccepted: (connection, address) => this.#onAccepted(connection, address),
        onEnded: (connection) => this.#onEnded(connection),
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
    if (connection && this.options.farewell)
      await Promise.race([
        connection.publish(this.#encode(this.options.farewell)).catch(() => undefined),
        sleep(FAREWELL_MS, undefined, { ref: false }),
      ]);
    await this.#reconnector.stop();
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
    await connection.publish(message);
  }

  async clear<N extends TopicName>(topic: N, names: TopicNames<N>): Promise<void> {
    const path = topicFor(this.options.root, topic, names);
    await this.#ready().publish({ topic: path, payload: '', qos: 1, retain: true });
  }

  subscribe<N extends TopicName>(
    topic: N,
    names: Partial<TopicNames<N>>,
    handler: MessageHandler<N>,
    options?: SubscribeOptions,
  ): void {
    const filter = this.#subscriptions.add(topic, names, handler, options);
    this.#accepted?.subscribe(filter).catch((error: unknown) => {
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
    return {
      connected: this.connected,
      since: this.#since,
      lastError: this.#reconnector.lastError(this.connected ? this.clock() - this.#since : 0),
      reconnects: Math.max(0, this.#connections - 1),
      inFlight: this.#connection?.inFlight ?? 0,
      invalid: this.#subscriptions.invalid,
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

  #connect(address: BrokerAddress): MqttConnection {
    const { clientId, username, password, ca, will, receiveMaximum } = this.options;
    return MqttConnection.open({
      address,
      clientId,
      username,
      password,
      ca,
      will: will && this.#encode(will),
      protocolVersion: this.options.protocolVersion ?? 4,
      receiveMaximum,
      keepaliveSeconds: this.options.keepaliveSeconds ?? 30,
      connectTimeoutMs: this.options.connectTimeoutMs ?? 10_000,
      onMessage: (message) => this.#subscriptions.dispatch(message),
    });
  }

  /** Subscribes and publishes the birth message before the listeners are called. */
  async #onAccepted(connection: MqttConnection, address: BrokerAddress): Promise<void> {
    this.#accepted = connection;
    const filters = this.#subscriptions.filters();
    if (Object.keys(filters).length > 0) await connection.subscribe(filters);
    if (this.options.birth) await connection.publish(this.#encode(this.options.birth));
    this.#connection = connection;
    this.#since = this.clock();
    this.#connections++;
    this.log.info({ broker: address.label }, 'broker connected');
    for (const listener of this.#connectListeners) listener();
  }

  #onEnded(connection: MqttConnection): void {
    this.#accepted = undefined;
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#since = this.clock();
    for (const listener of this.#disconnectListeners) listener();
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
