import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import {
  generate,
  type IConnectPacket,
  type IPublishPacket,
  type ISubscribePacket,
  type Packet,
  parser as parserFor,
} from 'mqtt-packet';

/** How a broker misbehaves. Without any of these it accepts, confirms and grants everything, and delivers nothing. */
export interface BrokerFaults {
  /** Resets the connection at the first packet that announces more bytes, without a reason. */
  maxPacketBytes?: number;
  /** What CONNACK names as the largest packet, for clients of MQTT 5. */
  announcedPacketBytes?: number;
  /** Refuses MQTT 5, as a broker of MQTT 3.1.1 does. */
  onlyVersion4?: boolean;
  /** Ends the connection at a message on such a topic, as some brokers do if the account may not publish there. */
  forbids?: (topic: string) => boolean;
  /** SUBACK 0x80 for such a filter, or the end of the connection. */
  refuses?: (filter: string) => 'refuse' | 'cut' | undefined;
  /** Packets that are never answered. */
  ignores?: readonly Packet['cmd'][];
}

export interface FakeBroker {
  url: string;
  faults: BrokerFaults;
  /** CONNECT packets, in their order. */
  connects: IConnectPacket[];
  /** Messages that were read whole. */
  messages: { topic: string; payload: Buffer }[];
  subscriptions: string[];
  /** Connections that the broker ended because of its faults. */
  readonly cuts: number;
  /** Resets all connections, as a network does. */
  reset(): void;
  /** Ends all connections with a reason code, which only MQTT 5 can carry. */
  disconnect(reasonCode: number): void;
  /** Delivers a message to every client. */
  send(topic: string, payload: string, retain?: boolean): void;
}

/** A broker that misbehaves on purpose. `faults` may be changed while it runs. */
export async function fakeBroker(
  t: ExecutionContext,
  faults: BrokerFaults = {},
): Promise<FakeBroker> {
  const broker = new Broker(faults);
  const server = createServer((socket) => broker.accept(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    broker.reset();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  broker.url = `mqtt://127.0.0.1:${port}`;
  return broker;
}

class Broker implements FakeBroker {
  url = '';
  cuts = 0;
  readonly connects: IConnectPacket[] = [];
  readonly messages: { topic: string; payload: Buffer }[] = [];
  readonly subscriptions: string[] = [];
  readonly #clients = new Map<Socket, 4 | 5>();

  constructor(public faults: BrokerFaults) {}

  accept(socket: Socket): void {
    this.#clients.set(socket, 4);
    socket.on('error', () => undefined).on('close', () => this.#clients.delete(socket));
    const parser = parserFor();
    parser.on('packet', (packet) => this.#handle(socket, packet));
    parser.on('error', () => socket.destroy());
    // The length of the packet that is being read.
    let pending = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      for (let length = lengthOf(pending); length !== undefined; length = lengthOf(pending)) {
        if (socket.destroyed) return;
        if (length > (this.faults.maxPacketBytes ?? Number.POSITIVE_INFINITY)) {
          this.#cut(socket);
          return;
        }
        if (pending.length < length) return;
        parser.parse(pending.subarray(0, length));
        pending = pending.subarray(length);
      }
    });
  }

  reset(): void {
    for (const socket of this.#clients.keys()) socket.resetAndDestroy();
  }

  disconnect(reasonCode: number): void {
    for (const socket of this.#clients.keys()) {
      this.#write(socket, { cmd: 'disconnect', reasonCode });
      socket.end();
    }
  }

  send(topic: string, payload: string, retain = false): void {
    for (const socket of this.#clients.keys())
      this.#write(socket, { cmd: 'publish', topic, payload, qos: 0, retain, dup: false });
  }

  #handle(socket: Socket, packet: Packet): void {
    if (packet.cmd === 'connect') this.#connect(socket, packet);
    if (packet.cmd === 'publish') this.#publish(socket, packet);
    if (packet.cmd === 'subscribe') this.#subscribe(socket, packet);
    if (packet.cmd === 'pingreq' && !this.#ignores('pingreq'))
      this.#write(socket, { cmd: 'pingresp' });
    if (packet.cmd === 'disconnect') socket.end();
  }

  #connect(socket: Socket, packet: IConnectPacket): void {
    this.connects.push(packet);
    if (this.#ignores('connect')) return;
    if (packet.protocolVersion === 5 && this.faults.onlyVersion4) {
      socket.end(generate({ cmd: 'connack', returnCode: 1, sessionPresent: false }));
      return;
    }
    this.#clients.set(socket, packet.protocolVersion === 5 ? 5 : 4);
    const { announcedPacketBytes: maximumPacketSize } = this.faults;
    this.#write(socket, {
      cmd: 'connack',
      returnCode: 0,
      reasonCode: 0,
      sessionPresent: false,
      ...(maximumPacketSize !== undefined && { properties: { maximumPacketSize } }),
    });
  }

  #publish(socket: Socket, { topic, payload, qos, messageId = 0 }: IPublishPacket): void {
    if (this.faults.forbids?.(topic)) {
      this.#cut(socket);
      return;
    }
    this.messages.push({ topic, payload: Buffer.from(payload) });
    if (qos === 1 && !this.#ignores('publish')) this.#write(socket, { cmd: 'puback', messageId });
  }

  #subscribe(socket: Socket, { subscriptions, messageId = 0 }: ISubscribePacket): void {
    const verdicts = subscriptions.map(({ topic }) => this.faults.refuses?.(topic));
    if (verdicts.includes('cut')) {
      this.#cut(socket);
      return;
    }
    if (this.#ignores('subscribe')) return;
    this.subscriptions.push(
      ...subscriptions.flatMap(({ topic }, i) => (verdicts[i] ? [] : [topic])),
    );
    const granted = verdicts.map((verdict) => (verdict ? 0x80 : 1));
    this.#write(socket, { cmd: 'suback', messageId, granted });
  }

  #ignores(cmd: Packet['cmd']): boolean {
    return this.faults.ignores?.includes(cmd) ?? false;
  }

  #cut(socket: Socket): void {
    this.cuts++;
    socket.destroy();
  }

  #write(socket: Socket, packet: Packet): void {
    if (!socket.destroyed)
      socket.write(generate(packet, { protocolVersion: this.#clients.get(socket) ?? 4 }));
  }
}

/** The whole length of the packet that begins here; undefined if its fixed header is not complete. */
function lengthOf(bytes: Buffer): number | undefined {
  let remaining = 0;
  for (let i = 1; i <= 4; i++) {
    const byte = bytes[i];
    if (byte === undefined) return undefined;
    remaining += (byte & 0x7f) * 128 ** (i - 1);
    if (byte < 0x80) return 1 + i + remaining;
  }
  return undefined;
}
