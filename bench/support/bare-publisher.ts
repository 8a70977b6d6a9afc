import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { messageOf } from '../../core/runtime/errors.js';

/** CONNECT (MQTT 3.1.1, section 3.1): a clean session, no keep-alive, no client id. */
const CONNECT = Buffer.from('100c00044d515454040200000000', 'hex');
/** CONNACK that accepts the connection. */
const ACCEPTED = '20020000';
/** PUBLISH with QoS 1, neither retained nor a duplicate. */
const PUBLISH = 0x32;
const MAX_MESSAGE_ID = 0xffff;

/**
 * Publishes with QoS 1, and reads no confirmation: the load of a bench takes processor time from what it measures, and
 * this takes a fraction of what an MQTT library takes. The caller bounds what is on its way.
 */
export class BarePublisher {
  #messageId = 0;

  private constructor(private readonly socket: Socket) {}

  static async open(url: string): Promise<BarePublisher> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname).setNoDelay();
    await once(socket, 'connect');
    socket.write(CONNECT);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    if (answer.toString('hex') !== ACCEPTED)
      throw new Error(`the broker answered CONNECT with ${answer.toString('hex')}`);
    socket.resume();
    socket.on('error', (error) => {
      throw new Error(`the load lost its broker: ${messageOf(error)}`);
    });
    return new BarePublisher(socket);
  }

  /** What is published until the next turn of the event loop goes out in one write. */
  publish(topic: string, payload: string): void {
    if (this.socket.writableCorked === 0) {
      this.socket.cork();
      process.nextTick(() => this.socket.uncork());
    }
    this.#messageId = (this.#messageId % MAX_MESSAGE_ID) + 1;
    const topicBytes = Buffer.byteLength(topic);
    const bodyBytes = 2 + topicBytes + 2 + Buffer.byteLength(payload);
    const length = remainingLength(bodyBytes);
    const packet = Buffer.allocUnsafe(1 + length.length + bodyBytes);
    let at = packet.writeUInt8(PUBLISH, 0);
    for (const byte of length) at = packet.writeUInt8(byte, at);
    at = packet.writeUInt16BE(topicBytes, at);
    at += packet.write(topic, at);
    at = packet.writeUInt16BE(this.#messageId, at);
    packet.write(payload, at);
    this.socket.write(packet);
  }
}

/** Seven bits in a byte, the lowest first; the eighth says that more follow (section 2.2.3). */
function remainingLength(bytes: number): number[] {
  const low = bytes % 128;
  const rest = (bytes - low) / 128;
  return rest > 0 ? [low + 128, ...remainingLength(rest)] : [low];
}
