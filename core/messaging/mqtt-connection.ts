import { connect, type IPublishPacket, type MqttClient } from 'mqtt';
import { messageOf } from '../runtime/errors.js';
import type { BrokerAddress } from './broker-url.js';
import { MessagingError } from './message-bus.js';
import type { Dispatched } from './subscriptions.js';

export interface OutgoingMessage {
  topic: string;
  payload: string | Uint8Array;
  qos: 0 | 1;
  retain: boolean;
}

export interface IncomingMessage {
  topic: string;
  payload: Buffer;
  retained: boolean;
}

export interface ConnectionOptions {
  address: BrokerAddress;
  clientId: string;
  username?: string | undefined;
  password?: string | undefined;
  /** Certificate authorities to trust in place of the system's, as PEM. */
  ca?: string | undefined;
  will?: OutgoingMessage | undefined;
  protocolVersion: 4 | 5;
  receiveMaximum: number | undefined;
  keepaliveSeconds: number;
  connectTimeoutMs: number;
  onMessage(message: IncomingMessage): Dispatched;
}

/** Type and flags of a PUBACK; its two bytes of message id alone mean success, in 3.1.1 as in 5. */
const PUBACK = 0x40;

/**
 * One connection to a broker, from CONNECT to its end, by mqtt.js. Every connection has a client and a clean
 * session of its own, so nothing of an earlier one (its queue, its store, its message ids) lives on in it.
 */
export class MqttConnection {
  readonly #client: MqttClient;
  /** Bytes of PUBACK packets that have not been sent yet. */
  readonly #confirmations: number[] = [];
  readonly #pending = new Set<(error: Error) => void>();
  /** Resolves when the connection is over, with the reason where there is one. Never rejects. */
  readonly ended: Promise<Error | undefined>;
  /** Resolves once the broker has accepted the connection; stays pending when it never does. */
  readonly opened: Promise<void>;

  constructor({ address, onMessage, ...options }: ConnectionOptions) {
    const client = connect({
      protocol: address.protocol,
      host: address.host,
      port: address.port,
      clientId: options.clientId,
      username: options.username ?? address.username,
      password: options.password ?? address.password,
      ca: options.ca,
      will: options.will && {
        ...options.will,
        payload: Buffer.from(asBuffer(options.will.payload)),
      },
      keepalive: options.keepaliveSeconds,
      connectTimeout: options.connectTimeoutMs,
      protocolVersion: options.protocolVersion,
      ...(options.protocolVersion === 5 &&
        options.receiveMaximum && { properties: { receiveMaximum: options.receiveMaximum } }),
      clean: true,
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
    });
    this.#client = client;
    this.#confirmLater(onMessage);
    this.opened = new Promise((resolve) => client.once('connect', () => resolve()));
    this.ended = new Promise((resolve) => {
      let reason: Error | undefined;
      client.on('error', (error) => {
        reason ??= error;
      });
      client.once('close', () => {
        this.#failPending(reason);
        client.end(true);
        resolve(reason);
      });
    });
  }

  get inFlight(): number {
    return this.#pending.size;
  }

  /** Resolves on PUBACK (QoS 1) or once it was handed to the socket (QoS 0). */
  publish({ topic, payload, qos, retain }: OutgoingMessage): Promise<void> {
    return this.#whileConnected((done) =>
      this.#client.publish(topic, asBuffer(payload), { qos, retain }, done),
    );
  }

  /** Resolves on SUBACK; rejects where the broker refuses one of the filters. */
  subscribe(filters: Record<string, { qos: 0 | 1 }>): Promise<void> {
    return this.#whileConnected((done) => this.#client.subscribe(filters, (error) => done(error)));
  }

  /** Takes leave of the broker, which then does not publish the will; cuts the connection after `deadlineMs`. */
  async close(deadlineMs: number): Promise<void> {
    const cut = setTimeout(() => this.#client.stream.destroy(), deadlineMs);
    this.#failPending(undefined);
    this.#client.end(false);
    await this.ended;
    clearTimeout(cut);
  }

  /**
   * mqtt.js sends the PUBACK when a handler calls back, and reads no further before that. To read on while a
   * message is being handled, it is shown to mqtt.js as one of QoS 0, and its PUBACK is sent from here.
   */
  #confirmLater(onMessage: ConnectionOptions['onMessage']): void {
    const client = this.#client;
    const unconfirmed = new WeakSet<object>();
    client.on('packetreceive', (packet) => {
      if (packet.cmd !== 'publish' || packet.qos !== 1) return;
      packet.qos = 0;
      unconfirmed.add(packet);
    });
    client.handleMessage = (packet, done) => {
      const { topic, payload, retain } = packet;
      const { handled, readOn } = onMessage({
        topic,
        payload: payload as Buffer,
        retained: retain,
      });
      const confirm = () => {
        if (unconfirmed.has(packet)) this.#confirm(packet);
      };
      if (handled) void handled.then(confirm);
      else confirm();
      if (readOn) void readOn.then(() => done());
      else done();
    };
  }

  /** Confirmations of one turn of the event loop leave as one write. */
  #confirm({ messageId = 0 }: IPublishPacket): void {
    if (this.#confirmations.length === 0) setImmediate(() => this.#sendConfirmations());
    this.#confirmations.push(PUBACK, 2, messageId >> 8, messageId & 0xff);
  }

  #sendConfirmations(): void {
    const bytes = Buffer.from(this.#confirmations.splice(0));
    if (this.#client.connected) this.#client.stream.write(bytes);
  }

  #whileConnected(send: (done: (error?: Error | null) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.#client.connected) {
        reject(new MessagingError('not_connected', 'there is no connection to the broker'));
        return;
      }
      this.#pending.add(reject);
      send((error) => {
        this.#pending.delete(reject);
        if (error) reject(error);
        else resolve();
      });
    });
  }

  #failPending(cause: Error | undefined): void {
    const why = cause ? `: ${messageOf(cause)}` : '';
    for (const reject of this.#pending)
      reject(new MessagingError('not_connected', `the connection ended${why}`, { cause }));
    this.#pending.clear();
  }
}

/** The same bytes; mqtt.js knows text and Buffers. */
const asBuffer = (payload: string | Uint8Array): string | Buffer =>
  typeof payload === 'string'
    ? payload
    : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
