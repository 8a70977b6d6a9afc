import type { Socket } from 'node:net';
import type { Client } from 'aedes';
import { addressGroup } from '../runtime/address-group.js';
import { type PacketFault, PacketMeter, type PacketRule } from './packet-meter.js';

/** Bounds of what a broker holds for its clients. */
export interface BufferLimits {
  /** Bytes that a connection may send before its login. */
  maxBytesBeforeLogin: number;
  /** Bytes of packets that have not arrived completely, of all clients. The address with most gives up its oldest. */
  maxIncomingBytes: number;
  /** Bytes that wait for clients to read them, of all clients. The address with most gives up its client with most. */
  maxQueuedBytes: number;
  maxQueuedBytesPerClient: number;
  /** A client to which no byte could be sent for so long, while some wait, is disconnected. */
  stallTimeoutMs: number;
}

export type EndReason =
  | PacketFault
  | 'client disconnected: it reads nothing'
  | 'client disconnected: it reads too slowly'
  | 'client disconnected: memory is full';

interface Tracked {
  socket: Socket;
  /** Its address (IPv4) or network (IPv6, /64). */
  group: string;
  meter: PacketMeter;
  /** Bytes that have come before the login; undefined after it. */
  before: number | undefined;
  /** When the packet began that has not arrived completely. */
  pendingSince: number;
  pendingBytes: number;
  /** Changes with each byte that is sent. */
  progress: string;
  progressAt: number;
}

const SWEEPS_PER_STALL = 5;

/** The open sockets of a broker, each with its client once aedes has read CONNECT, and what is buffered for each. */
export class ClientSockets {
  readonly #sockets = new Map<Socket, Tracked>();
  #incoming = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly limits: BufferLimits,
    private readonly onEnd: (socket: Socket, reason: EndReason) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  start(): void {
    this.#timer = setInterval(
      () => this.#sweep(),
      this.limits.stallTimeoutMs / SWEEPS_PER_STALL,
    ).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Until `loggedIn`, its packets are measured by `rule`. */
  add(socket: Socket, rule: PacketRule): void {
    const tracked: Tracked = {
      socket,
      group: addressGroup(socket.remoteAddress),
      meter: new PacketMeter(rule),
      before: 0,
      pendingSince: 0,
      pendingBytes: 0,
      progress: '',
      progressAt: this.now(),
    };
    this.#sockets.set(socket, tracked);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#incoming -= tracked.pendingBytes;
    });
    socket.setNoDelay(true);
    this.#limitPackets(tracked);
  }

  loggedIn(client: Client, rule: PacketRule): void {
    const tracked = this.#sockets.get(socketOf(client));
    if (!tracked) return;
    tracked.before = undefined;
    tracked.meter.setRule(rule);
  }

  clients(): { socket: Socket; client: Client }[] {
    return [...this.#sockets.keys()].flatMap((socket) => {
      const { client } = socket as Socket & { client?: Client };
      return client ? [{ socket, client }] : [];
    });
  }

  /** Whether a message may be added to what waits for the client. A message of QoS 0 is left out for a slow one. */
  mayQueue(client: Client, bytes: number, isOptional: boolean): boolean {
    const socket = socketOf(client);
    const waiting = socket.writableLength;
    if (waiting === 0) return true;
    if (isOptional && socket.writableNeedDrain) return false;
    if (waiting + bytes <= this.limits.maxQueuedBytesPerClient) return true;
    this.#end(socket, 'client disconnected: it reads too slowly');
    return false;
  }

  destroyAll(): void {
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  /** Destroys the socket at the first packet that is not allowed, before aedes begins to collect it. */
  #limitPackets(tracked: Tracked): void {
    const { socket } = tracked;
    const read = socket.read.bind(socket);
    socket.read = (size) => {
      const chunk: Buffer | null = read(size);
      if (!chunk) return chunk;
      const fault = this.#faultOf(tracked, chunk);
      if (fault !== undefined) this.#end(socket, fault);
      return socket.destroyed ? null : chunk;
    };
  }

  #faultOf(tracked: Tracked, chunk: Buffer): PacketFault | undefined {
    if (tracked.before !== undefined) tracked.before += chunk.length;
    if ((tracked.before ?? 0) > this.limits.maxBytesBeforeLogin)
      return 'client disconnected: too much was sent before the login';
    const { meter } = tracked;
    if (!meter.accept(chunk)) return meter.fault;
    this.#measure(tracked, meter.pendingBytes);
    return undefined;
  }

  #measure(tracked: Tracked, pendingBytes: number): void {
    // A smaller number is that of another packet.
    if (pendingBytes < tracked.pendingBytes || tracked.pendingBytes === 0)
      tracked.pendingSince = this.now();
    this.#incoming += pendingBytes - tracked.pendingBytes;
    tracked.pendingBytes = pendingBytes;
    while (this.#incoming > this.limits.maxIncomingBytes) this.#endOldestPacket();
  }

  #endOldestPacket(): void {
    const shares = sharesOf(this.#sockets.values(), (other) => other.pendingBytes);
    const oldest = largest(shares).members.reduce((a, b) =>
      b.pendingSince < a.pendingSince ? b : a,
    );
    this.#incoming -= oldest.pendingBytes;
    oldest.pendingBytes = 0;
    this.#end(oldest.socket, 'client disconnected: memory is full');
  }

  /** Ends clients that read nothing, and some if too much waits for all. */
  #sweep(): void {
    for (const tracked of this.#sockets.values()) this.#endIfStalled(tracked);
    this.#boundQueues();
  }

  #endIfStalled(tracked: Tracked): void {
    const { socket } = tracked;
    const now = this.now();
    const progress = progressOf(socket);
    if (socket.writableLength === 0 || progress !== tracked.progress) tracked.progressAt = now;
    tracked.progress = progress;
    if (now - tracked.progressAt > this.limits.stallTimeoutMs)
      this.#end(socket, 'client disconnected: it reads nothing');
  }

  #boundQueues(): void {
    const shares = sharesOf(this.#sockets.values(), queuedBytes);
    for (const { members } of shares) members.sort((a, b) => queuedBytes(a) - queuedBytes(b));
    let total = shares.reduce((sum, { bytes }) => sum + bytes, 0);
    while (total > this.limits.maxQueuedBytes) {
      const share = largest(shares);
      const most = share.members.pop();
      if (!most) return;
      total -= queuedBytes(most);
      share.bytes -= queuedBytes(most);
      this.#end(most.socket, 'client disconnected: memory is full');
    }
  }

  #end(socket: Socket, reason: EndReason): void {
    if (socket.destroyed) return;
    this.onEnd(socket, reason);
    socket.destroy();
  }
}

interface Share {
  bytes: number;
  members: Tracked[];
}

/** What the clients of each address hold, without those that hold nothing. */
function sharesOf(all: Iterable<Tracked>, bytesOf: (tracked: Tracked) => number): Share[] {
  const shares = new Map<string, Share>();
  for (const tracked of all) {
    const bytes = bytesOf(tracked);
    if (bytes === 0) continue;
    const share = shares.get(tracked.group) ?? { bytes: 0, members: [] };
    share.bytes += bytes;
    share.members.push(tracked);
    shares.set(tracked.group, share);
  }
  return [...shares.values()];
}

const largest = (shares: Share[]): Share =>
  shares.reduce((a, b) => (b.bytes > a.bytes ? b : a), { bytes: 0, members: [] });

const queuedBytes = ({ socket }: Tracked): number => (socket.destroyed ? 0 : socket.writableLength);

/** Every connection that the broker hands to aedes is a socket. */
export const socketOf = (client: Client): Socket => client.conn as Socket;

/** Of a large write, only the handle shows how much of it has been sent. */
function progressOf(socket: Socket): string {
  const { _handle: handle } = socket as Socket & { _handle?: { writeQueueSize?: number } | null };
  return `${socket.bytesWritten - socket.writableLength} ${handle?.writeQueueSize ?? ''}`;
}
