import { connect, MqttClient } from 'mqtt';
import { messageOf } from '../runtime/errors.js';
import type { BrokerAddress } from './broker-url.js';
import { type ClientSettings, clientOptions } from './client-options.js';
import { type ConnectionReason, reasonOf } from './connection-end.js';
import { MessagingError } from './message-bus.js';
import type { Dispatched, IncomingMessage, OutgoingMessage } from './mqtt-message.js';
import { publishBytes } from './packet-size.js';
import { pinnedStream } from './pinned-stream.js';
import { SendOrder } from './send-order.js';
import { type SentPacket, Unanswered } from './unanswered.js';

export interface ConnectionOptions extends ClientSettings {
  address: BrokerAddress;
  onMessage(message: IncomingMessage): Dispatched;
  /** The broker has read these publications. */
  onRead?(packets: SentPacket[]): void;
}

/** A filter that the broker refused to subscribe to, with the code of its SUBACK. */
export interface RefusedFilter {
  filter: string;
  code: number;
}

/** Type and flags of a PUBACK; its two bytes of message id alone mean success, in 3.1.1 as in 5. */
const PUBACK = 0x40;
/** SUBACK codes from here on are refusals. */
const REFUSED = 0x80;
/** A publication that is unanswered after as many answers to PINGREQ will not be confirmed: a broker reads in order. */
const MAX_PINGS_UNANSWERED = 3;

/**
 * One connection to a broker, from CONNECT to its end, by mqtt.js. Every connection has its own client and a clean
 * session, so it inherits nothing from an earlier one: no queue, no store, no message ids.
 */
export class MqttConnection {
  readonly #client: MqttClient;
  /** Bytes of PUBACK packets that have not been sent yet. */
  readonly #confirmations: number[] = [];
  readonly #pending = new Set<(error: Error) => void>();
  readonly #unanswered = new Unanswered();
  readonly #order = new SendOrder();
  /** Sent before the last PINGREQ. */
  #pinged: SentPacket[] = [];
  #unconfirmedPings = 0;
  #reasonCode: number | undefined;
  #maxPacketBytes: number | undefined;
  #reason: ConnectionReason | undefined;
  /** Resolves when the connection has ended, with the reason if it is known. Never rejects. */
  readonly ended: Promise<Error | undefined>;
  /** Resolves once the broker has accepted the connection; stays pending if it never does. */
  readonly opened: Promise<void>;

  private constructor(
    client: MqttClient,
    private readonly options: ConnectionOptions,
  ) {
    this.#client = client;
    this.opened = new Promise((resolve) =>
      client.once('connect', ({ properties }) => {
        this.#maxPacketBytes = properties?.maximumPacketSize;
        resolve();
      }),
    );
    this.ended = new Promise((resolve) => {
      let reason: Error | undefined;
      client.on('error', (error) => {
        reason ??= error;
      });
      client.on('disconnect', ({ reasonCode }) => {
        this.#reasonCode ??= reasonCode;
      });
      client.once('close', () => {
        this.#reason ??= reasonOf(reason, this.#reasonCode);
        this.#failPending(reason);
        client.end(true);
        resolve(reason);
      });
    });
  }

  /** Opens a connection. It is ready when `opened` resolves. */
  static open(options: ConnectionOptions): MqttConnection {
    const client = connected(options);
    const connection = new MqttConnection(client, options);
    connection.#confirmLater(options.onMessage);
    client.on('packetsend', ({ cmd }) => {
      if (cmd === 'pingreq') connection.#pinged = connection.#unanswered.list();
    });
    client.on('packetreceive', ({ cmd }) => {
      if (cmd === 'pingresp') connection.#onPingAnswered();
    });
    return connection;
  }

  get inFlight(): number {
    return this.#pending.size + this.#order.waiting;
  }

  /** Publications that the broker may not have read. */
  get unanswered(): SentPacket[] {
    return this.#unanswered.list();
  }

  /** The largest packet that the broker accepts, if it says so (MQTT 5). */
  get maxPacketBytes(): number | undefined {
    return this.#maxPacketBytes;
  }

  /** Set when `ended` has resolved. */
  get reason(): ConnectionReason {
    return this.#reason ?? reasonOf(undefined, this.#reasonCode);
  }

  /**
   * Resolves on PUBACK (QoS 1) or once it was handed to the socket (QoS 0). With `isAlone` nothing else is in flight
   * meanwhile, and QoS 0 becomes QoS 1.
   */
  publish(message: OutgoingMessage, isAlone = false): Promise<void> {
    return isAlone
      ? this.#order.alone(() => this.#send({ ...message, qos: 1 }, true))
      : this.#order.together(() => this.#send(message, false));
  }

  /** Resolves on SUBACK with the filters that the broker refused. */
  async subscribe(filters: Record<string, { qos: 0 | 1 }>): Promise<RefusedFilter[]> {
    const names = Object.keys(filters);
    let codes: number[] = [];
    await this.#whileConnected((done) =>
      this.#client.subscribe({ ...filters }, (error, _, packet) => {
        codes = (packet?.granted ?? []) as number[];
        done(codes.length === names.length ? null : error);
      }),
    );
    return names.flatMap((filter, i) => {
      const code = codes[i] ?? 0;
      return code >= REFUSED ? [{ filter, code }] : [];
    });
  }

  /** Sends DISCONNECT, so that the broker does not publish the will; destroys the connection after `deadlineMs`. */
  async close(deadlineMs: number): Promise<void> {
    const deadline = setTimeout(() => this.#client.stream.destroy(), deadlineMs);
    this.#reason ??= { kind: 'other', text: 'closed by this program' };
    this.#failPending(undefined);
    this.#client.end(false);
    await this.ended;
    clearTimeout(deadline);
  }

  /** Ends the connection at once, for a reason that the other side does not know. */
  abort(reason: ConnectionReason): void {
    this.#reason ??= reason;
    this.#client.stream.destroy();
  }

  async #send({ topic, payload, qos, retain }: OutgoingMessage, isAlone: boolean): Promise<void> {
    const buffer = asBuffer(payload);
    const { protocolVersion } = this.options;
    const bytes = publishBytes(topic, Buffer.byteLength(buffer), protocolVersion);
    const packet: SentPacket = { topic, bytes, isAlone };
    try {
      await this.#whileConnected((done) => {
        this.#unanswered.add(packet);
        this.#client.publish(topic, buffer, { qos, retain }, done);
      });
    } catch (error) {
      // Otherwise the broker has refused it (MQTT 5), so it has read it.
      if (error instanceof MessagingError) throw error;
      this.#onConfirmed(packet);
      throw error;
    }
    if (qos === 1) this.#onConfirmed(packet);
  }

  #onConfirmed(packet: SentPacket): void {
    this.#unconfirmedPings = 0;
    this.#onRead(packet);
  }

  #onRead(last: SentPacket | undefined): void {
    const read = last ? this.#unanswered.answered(last) : [];
    if (read.length > 0) this.options.onRead?.(read);
  }

  /** The broker has read everything before the PINGREQ. What it never confirms ends the connection. */
  #onPingAnswered(): void {
    this.#onRead(this.#pinged.at(-1));
    this.#pinged = [];
    if (this.#pending.size === 0) this.#unconfirmedPings = 0;
    else if (++this.#unconfirmedPings >= MAX_PINGS_UNANSWERED)
      this.abort({
        kind: 'silent',
        text: 'the broker answers, but no longer confirms what it receives',
      });
  }

  /**
   * mqtt.js sends the PUBACK when a handler calls back, and reads nothing before that. To read on while a message is
   * being handled, its packet is changed to QoS 0 before mqtt.js handles it, and its PUBACK is sent from here.
   */
  #confirmLater(onMessage: ConnectionOptions['onMessage']): void {
    const client = this.#client;
    client.on('packetreceive', (packet) => {
      if (packet.cmd === 'publish' && packet.qos === 1) packet.qos = 0;
    });
    client.handleMessage = (packet, done) => {
      const { topic, payload, retain, qos, messageId } = packet;
      const { handled, readOn } = onMessage({
        topic,
        payload: payload as Buffer,
        retained: retain,
      });
      // Only one that came with QoS 1 has an id.
      const confirm = () => {
        if (qos === 0 && messageId !== undefined) this.#confirm(messageId);
      };
      if (handled) void handled.then(confirm);
      else confirm();
      if (readOn) void readOn.then(() => done());
      else done();
    };
  }

  /** Confirmations of one event loop iteration are sent in one write. */
  #confirm(messageId: number): void {
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

function connected(options: ConnectionOptions): MqttClient {
  const settings = clientOptions(options.address, options);
  const { fingerprint, address } = options;
  return fingerprint !== undefined && address.protocol === 'mqtts'
    ? new MqttClient(pinnedStream(settings, fingerprint), settings)
    : connect(settings);
}

/** The same bytes in a type that mqtt.js accepts. */
const asBuffer = (payload: string | Uint8Array): string | Buffer =>
  typeof payload === 'string'
    ? payload
    : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
