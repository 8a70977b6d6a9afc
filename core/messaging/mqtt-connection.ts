import { connect, type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import { messageOf } from '../runtime/errors.js';
import type { BrokerAddress } from './broker-url.js';
import { MessagingError } from './message-bus.js';
import type { Dispatched, IncomingMessage, OutgoingMessage } from './mqtt-message.js';

export interface ConnectionOptions {
  address: BrokerAddress;
  clientId: string;
  username?: string | undefined;
  password?: string | undefined;
  /** Certificate authorities to trust instead of the system's, as PEM. */
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
 * One connection to a broker, from CONNECT to its end, by mqtt.js. Every connection has its own client and a clean
 * session, so it inherits nothing from an earlier one: no queue, no store, no message ids.
 */
export class MqttConnection {
  readonly #client: MqttClient;
  /** Bytes of PUBACK packets that have not been sent yet. */
  readonly #confirmations: number[] = [];
  readonly #pending = new Set<(error: Error) => void>();
  /** Resolves when the connection has ended, with the reason if it is known. Never rejects. */
  readonly ended: Promise<Error | undefined>;
  /** Resolves once the broker has accepted the connection; stays pending if it never does. */
  readonly opened: Promise<void>;

  private constructor(client: MqttClient) {
    this.#client = client;
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

  /** Opens a connection. It is ready when `opened` resolves. */
  static open({ onMessage, ...options }: ConnectionOptions): MqttConnection {
    const connection = new MqttConnection(connect(clientOptions(options)));
    connection.#confirmLater(onMessage);
    return connection;
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

  /** Resolves on SUBACK; rejects if the broker refuses one of the filters. */
  subscribe(filters: Record<string, { qos: 0 | 1 }>): Promise<void> {
    return this.#whileConnected((done) => this.#client.subscribe(filters, (error) => done(error)));
  }

  /** Sends DISCONNECT, so that the broker does not publish the will; destroys the connection after `deadlineMs`. */
  async close(deadlineMs: number): Promise<void> {
    const deadline = setTimeout(() => this.#client.stream.destroy(), deadlineMs);
    this.#failPending(undefined);
    this.#client.end(false);
    await this.ended;
    clearTimeout(deadline);
  }

  /**
   * mqtt.js sends the PUBACK when a handler calls back, and reads nothing before that. To read on while a message is
   * being handled, its packet is changed to QoS 0 before mqtt.js handles it, and its PUBACK is sent from here.
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

  /** Confirmations of one event loop iteration are sent in one write. */
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
        reject(new MessagingError('not_connected', 'not connected to the broker'));
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

function clientOptions({
  address,
  will,
  receiveMaximum,
  ...options
}: Omit<ConnectionOptions, 'onMessage'>): IClientOptions {
  return {
    protocol: address.protocol,
    host: address.host,
    port: address.port,
    clientId: options.clientId,
    username: options.username ?? address.username,
    password: options.password ?? address.password,
    ca: options.ca,
    will: will && { ...will, payload: Buffer.from(asBuffer(will.payload)) },
    keepalive: options.keepaliveSeconds,
    connectTimeout: options.connectTimeoutMs,
    protocolVersion: options.protocolVersion,
    ...(options.protocolVersion === 5 && receiveMaximum && { properties: { receiveMaximum } }),
    clean: true,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
  };
}

/** The same bytes in a type that mqtt.js accepts. */
const asBuffer = (payload: string | Uint8Array): string | Buffer =>
  typeof payload === 'string'
    ? payload
    : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
