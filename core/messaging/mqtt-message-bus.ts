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
import { siteClientId } from './access-rules.js';
import { type BackoffRange, backoffMs } from './backoff.js';
import { type BrokerAddress, parseBrokerUrl } from './broker-url.js';
import {
  type BusStatus,
  type MessageBus,
  type MessageHandler,
  MessagingError,
  type Publication,
  type SubscribeOptions,
} from './message-bus.js';
import { MqttConnection, type OutgoingMessage } from './mqtt-connection.js';
import { SAME_ID, ShortConnections } from './short-connections.js';
import { Subscriptions } from './subscriptions.js';

export interface MqttMessageBusOptions {
  /** `mqtt://HOST:PORT` or `mqtts://…`; a function is asked when the bus starts. */
  url: string | (() => string);
  /** Levels above the topics of the map. */
  root: string;
  /** Unique at the broker: a second connection with the same id ends the first. */
  clientId: string;
  username?: string | undefined;
  password?: string | undefined;
  /** Certificate authorities to trust in place of the system's, as PEM. */
  ca?: string | undefined;
  /** Published after every connection, before the listeners of `onConnect` are called. */
  birth?: Publication;
  /** Published by the broker when the connection breaks. */
  will?: Publication;
  /** Published on a clean stop. */
  farewell?: Publication;
  /** 3.1.1 (4) is what the embedded broker speaks, and the default; shared subscriptions need 5. */
  protocolVersion?: 4 | 5;
  /** Unconfirmed messages that the broker may send at once (MQTT 5 only). */
  receiveMaximum?: number;
  keepaliveSeconds?: number;
  connectTimeoutMs?: number;
  backoff?: BackoffRange;
  /** Unconfirmed publications beyond this are refused. */
  maxInFlight?: number;
}

/** A connection that held this long was a good one: the next attempt begins with the shortest delay again. */
const STABLE_MS = 10_000;
const CLEARED_MS = 60_000;
const FAREWELL_MS = 1_000;
const CLOSE_MS = 1_000;

/**
 * The message bus over MQTT. `start()` does not wait for the broker: one that is down leaves the bus
 * disconnected, trying again with growing delays for as long as it runs.
 */
export class MqttMessageBus implements MessageBus, Service {
  readonly name = 'messaging';
  readonly #subscriptions: Subscriptions;
  readonly #connectListeners = new Set<() => void>();
  readonly #disconnectListeners = new Set<() => void>();
  readonly #stopping = new AbortController();
  readonly #maxInFlight: number;
  readonly #short = new ShortConnections();
  /** Accepted by the broker; subscriptions are being made. */
  #accepted: MqttConnection | undefined;
  /** Ready for use. */
  #connection: MqttConnection | undefined;
  #running: Promise<void> = Promise.resolve();
  #since: number;
  #connections = 0;
  #lastError: string | undefined;

  constructor(
    private readonly options: MqttMessageBusOptions,
    private readonly log: Logger,
    private readonly clock: Clock = systemClock,
  ) {
    this.#subscriptions = new Subscriptions(options.root, log, clock);
    this.#maxInFlight = options.maxInFlight ?? 1024;
    this.#since = clock();
  }

  get connected(): boolean {
    return this.#connection !== undefined;
  }

  async start(): Promise<void> {
    const { url } = this.options;
    this.#running = this.#keepConnected(parseBrokerUrl(typeof url === 'string' ? url : url()));
  }

  async stop(): Promise<void> {
    const connection = this.#connection;
    if (connection && this.options.farewell)
      await Promise.race([
        connection.publish(this.#encode(this.options.farewell)).catch(() => undefined),
        sleep(FAREWELL_MS, undefined, { ref: false }),
      ]);
    this.#stopping.abort();
    await this.#running;
  }

  async publish<N extends TopicName>(
    topic: N,
    names: TopicNames<N>,
    payload: Payload<N>,
  ): Promise<void> {
    const connection = this.#ready();
    const message = this.#encode({ topic, names, payload } as Publication);
    if (Buffer.byteLength(message.payload) > maxBytesOf(topic))
      throw new MessagingError('payload_too_large', `a ${topic} has too many bytes`);
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
      this.log.warn({ topic, error: messageOf(error) }, 'could not subscribe');
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
      lastError: this.#isCleared ? undefined : this.#lastError,
      reconnects: Math.max(0, this.#connections - 1),
      inFlight: this.#connection?.inFlight ?? 0,
      invalid: this.#subscriptions.invalid,
    };
  }

  #ready(): MqttConnection {
    const connection = this.#connection;
    if (!connection)
      throw new MessagingError('not_connected', 'there is no connection to the broker');
    if (connection.inFlight >= this.#maxInFlight)
      throw new MessagingError(
        'too_many_in_flight',
        `the broker has ${connection.inFlight} messages to confirm`,
      );
    return connection;
  }

  async #keepConnected(address: BrokerAddress): Promise<void> {
    const { signal } = this.#stopping;
    const range = this.options.backoff ?? { minMs: 1_000, maxMs: 60_000 };
    let attempt = 0;
    while (!signal.aborted) {
      const began = performance.now();
      const reason = await this.#connectOnce(address);
      if (signal.aborted) return;
      if (performance.now() - began > STABLE_MS) attempt = 0;
      const delayMs = Math.round(backoffMs(attempt++, range));
      this.#lastError = reason ? messageOf(reason) : 'the broker closed the connection';
      this.log.warn({ broker: address.label, error: this.#lastError, delayMs }, 'no broker');
      await sleep(delayMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** One connection, from its attempt to its end; resolves with what ended it. */
  async #connectOnce(address: BrokerAddress): Promise<Error | undefined> {
    const connection = new MqttConnection({
      address,
      clientId: this.options.clientId,
      username: this.options.username,
      password: this.options.password,
      ca: this.options.ca,
      will: this.options.will && this.#encode(this.options.will),
      protocolVersion: this.options.protocolVersion ?? 4,
      receiveMaximum: this.options.receiveMaximum,
      keepaliveSeconds: this.options.keepaliveSeconds ?? 30,
      connectTimeoutMs: this.options.connectTimeoutMs ?? 10_000,
      onMessage: (message) => this.#subscriptions.dispatch(message),
    });
    const close = () => void connection.close(CLOSE_MS);
    this.#stopping.signal.addEventListener('abort', close, { once: true });
    let refusal: Error | undefined;
    let openedAt: number | undefined;
    connection.opened
      .then(() => {
        openedAt = performance.now();
        return this.#settleIn(connection, address);
      })
      .catch((error: Error) => {
        refusal = error;
        close();
      });
    const reason = await connection.ended;
    this.#stopping.signal.removeEventListener('abort', close);
    this.#leave(connection);
    if (openedAt !== undefined && isByBroker(refusal, reason))
      if (this.#short.ended(openedAt, performance.now())) return this.#suspicion();
    return refusal ?? reason;
  }

  /** A suspicion is void once a connection has held for long. */
  get #isCleared(): boolean {
    const hasHeld = this.connected && this.clock() - this.#since > CLEARED_MS;
    return hasHeld && (this.#lastError?.includes(SAME_ID) ?? false);
  }

  #suspicion(): Error {
    const { clientId } = this.options;
    const id = clientId.startsWith(siteClientId('')) ? 'site id' : 'client id';
    return new Error(`the broker closes each connection at once: ${SAME_ID} ${id} (${clientId})`);
  }

  /** Subscribes and announces itself; only then do the others learn of the connection. */
  async #settleIn(connection: MqttConnection, address: BrokerAddress): Promise<void> {
    this.#accepted = connection;
    const filters = this.#subscriptions.filters();
    if (Object.keys(filters).length > 0) await connection.subscribe(filters);
    if (this.options.birth) await connection.publish(this.#encode(this.options.birth));
    this.#connection = connection;
    this.#since = this.clock();
    this.#connections++;
    this.log.info({ broker: address.label }, 'connected to the broker');
    for (const listener of this.#connectListeners) listener();
  }

  #leave(connection: MqttConnection): void {
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
      payload: encodePayload(topic, payload),
      qos,
      retain,
    };
  }
}

/** The broker ended it: not the network, and not we, who are refused a subscription. */
const isByBroker = (refusal: Error | undefined, reason: Error | undefined): boolean =>
  (!refusal || (refusal instanceof MessagingError && refusal.code === 'not_connected')) &&
  (!reason || (reason as NodeJS.ErrnoException).code === 'ECONNRESET');
