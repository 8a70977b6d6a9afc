import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type Conditions, Flow, PERFECT } from './flow.js';

export type Direction = 'up' | 'down';

/** A stretch of network before a server on this machine, with the faults that networks have. `up` is towards the server. */
export class Link {
  readonly #server = createServer((client) => this.#accept(client));
  readonly #sockets = new Set<Socket>();
  readonly #lost = new Set<Direction>();
  #isCut = false;
  #conditions = PERFECT;
  #flip: (() => number) | undefined;
  /** Bytes until the next bit flips. */
  #untilFlip = 0;
  flipped = 0;

  constructor(private readonly targetPort: number) {}

  async open(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Every connection is reset, and each new one at once. */
  cut(): void {
    this.#isCut = true;
    this.#reset();
  }

  /**
   * Bytes vanish from now on, and with them the end of a connection: neither side is told (half-open). Connections
   * that lost some never work again, as behind a router that forgot them.
   */
  lose(...directions: Direction[]): void {
    for (const direction of directions) this.#lost.add(direction);
  }

  /**
   * One bit flips in each `bytes` bytes, more or less, in both directions: three of four in the JSON of a message, since
   * most others end the connection. `random` gives numbers below 1.
   */
  flipBits(bytes: number, random: () => number): void {
    this.#flip = () => Math.ceil(2 * bytes * random());
    this.#untilFlip = this.#flip();
  }

  shape(conditions: Conditions): void {
    this.#conditions = conditions;
  }

  /** New connections are as good as can be. */
  restore(): void {
    this.#isCut = false;
    this.#lost.clear();
    this.#conditions = PERFECT;
    this.#flip = undefined;
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
    // Those towards the server that were made meanwhile.
    this.#reset();
  }

  #accept(client: Socket): void {
    this.#keep(client);
    if (this.#isCut) {
      reset(client);
      return;
    }
    const server = connect(this.targetPort, '127.0.0.1');
    this.#keep(server);
    this.#carry('up', client, server);
    this.#carry('down', server, client);
  }

  #carry(direction: Direction, from: Socket, to: Socket): void {
    const flow = new Flow(
      from,
      to,
      () => this.#conditions,
      () => this.#lost.has(direction),
      (bytes) => this.#damage(bytes),
    );
    flow.start();
  }

  #damage(bytes: Buffer): Buffer {
    if (!this.#flip) return bytes;
    let damaged = bytes;
    for (; this.#untilFlip < bytes.length; this.#untilFlip += this.#flip()) {
      if (damaged === bytes) damaged = Buffer.from(bytes);
      const json = damaged.indexOf('{', this.#untilFlip);
      const isInJson = this.flipped % 4 > 0 && json >= 0;
      const at = isInJson
        ? Math.min(json + (this.flipped % 120), bytes.length - 1)
        : this.#untilFlip;
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (this.flipped++ % 8));
    }
    this.#untilFlip -= bytes.length;
    return damaged;
  }

  #keep(socket: Socket): void {
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #reset(): void {
    for (const socket of this.#sockets) reset(socket);
  }
}

/** A socket that is being ended cannot be reset: Node (20) would never close it, and hang when the process exits. */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
