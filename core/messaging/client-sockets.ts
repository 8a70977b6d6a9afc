import type { Socket } from 'node:net';
import type { Client } from 'aedes';
import { PacketMeter } from './packet-meter.js';

/** The open sockets of a broker, each with its client once aedes has read CONNECT. */
export class ClientSockets {
  readonly #sockets = new Set<Socket>();

  constructor(private readonly maxPacketBytes: number) {}

  add(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.setNoDelay(true);
    limitPackets(socket, new PacketMeter(this.maxPacketBytes));
  }

  clients(): { socket: Socket; client: Client }[] {
    return [...this.#sockets].flatMap((socket) => {
      const { client } = socket as Socket & { client?: Client };
      return client ? [{ socket, client }] : [];
    });
  }

  destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** Destroys the socket at the first packet that is too large, before aedes begins to collect it. */
function limitPackets(socket: Socket, packets: PacketMeter): void {
  const read = socket.read.bind(socket);
  socket.read = (size) => {
    const chunk: Buffer | null = read(size);
    if (!chunk || packets.accept(chunk)) return chunk;
    socket.destroy(new Error('the packet is too large'));
    return null;
  };
}
