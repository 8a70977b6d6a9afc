import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { addressGroup } from '../runtime/address-group.js';
import { clientAddressOf, type IsProxy, noProxies } from './client-address.js';
import { Connection } from './connection.js';
import { CONNECTION_LIMITS, type ConnectionLimits } from './connection-limits.js';
import { NetworkShare } from './network-share.js';
import { SendRate } from './send-rate.js';

/** The network of this process's connections to itself. */
const OWN = 'own';

const SWEEP_MS = 1_000;
/** A connection that has stalled this long gives way to one that needs its place. */
const YIELDS_AFTER_MS = 1_500;

/**
 * Divides the connections of a server among its clients' networks. A network at its share keeps the newest: an idle or
 * stalled connection gives way to a new one. If all connections are taken, the network with the most gives one up.
 * Behind a proxy, a connection counts for the proxy's client while it has a request of it.
 */
export class ConnectionShares {
  readonly #limits: ConnectionLimits;
  readonly #connections = new Set<Connection>();
  readonly #bySocket = new WeakMap<Socket, Connection>();
  readonly #networks = new Map<string, NetworkShare>();
  /** Ports of this process's own connections to itself: these always have a place. */
  readonly #ownPorts = new Set<number>();
  readonly #rate: SendRate;
  #timer: NodeJS.Timeout | undefined;
  #held = 0;
  #isFinishing = false;
  /** Connections since the start, now and when `areComing` was last asked. */
  #accepted = 0;
  #acceptedBefore = 0;
  /** Connections that were refused or ended since the start, for the metrics. */
  refused = 0;
  ended = 0;

  constructor(
    private readonly isProxy: IsProxy = noProxies,
    limits: Partial<ConnectionLimits> = {},
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#limits = { ...CONNECTION_LIMITS, ...limits };
    this.#rate = new SendRate(this.#limits.bytesPerSecondEach, now);
  }

  get size(): number {
    return this.#connections.size;
  }

  /** Bytes of responses that wait for their clients. */
  get held(): number {
    return this.#held;
  }

  /** Counts the connections of a server; call `begin` for each of its requests. */
  attach(server: Server): void {
    this.#isFinishing = false;
    server.on('connection', (socket: Socket) => this.#accept(socket));
    this.#timer ??= setInterval(() => this.sweep(), SWEEP_MS).unref();
  }

  /**
   * The server stops: ends each connection once its requests are answered, and at once if it has none. Node.js keeps those
   * that have sent no request yet, which browsers open in advance, and those whose request is answered while it stops.
   */
  finish(): void {
    this.#isFinishing = true;
    for (const connection of this.#connections) connection.finish();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Reserves a place for a connection of this process to itself, from this local port. */
  reserve(port: number): void {
    this.#ownPorts.add(port);
  }

  release(port: number): void {
    this.#ownPorts.delete(port);
  }

  /** Whether connections have come since the last call, and this network is one with many. */
  areComing(network: string): boolean {
    if (this.#accepted === this.#acceptedBefore) return false;
    const isLarge = (this.#networks.get(network)?.size ?? 0) >= this.#limits.connectionsEach / 4;
    if (isLarge) this.#acceptedBefore = this.#accepted;
    return isLarge;
  }

  /**
   * Counts a request until its response ends, and returns the network of its client. Undefined if it must not be
   * answered, because its connection has ended.
   */
  begin(request: IncomingMessage, response: ServerResponse): string | undefined {
    const connection = this.#connectionOf(request.socket);
    if (!connection) return request.socket.destroyed ? undefined : OWN;
    if (connection.requests.size >= this.#limits.pipelined) {
      this.#end(connection);
      return undefined;
    }
    if (!this.#countFor(connection, addressGroup(clientAddressOf(request, this.isProxy))))
      return undefined;
    connection.requests.set(request, response);
    this.#networks.get(connection.network)?.working(connection);
    response.once('close', () => this.#answered(connection, request));
    return connection.network;
  }

  /**
   * Counts the bytes of a response that are in memory until its client has taken them. False if the share of its network
   * does not have them: then the response must not be sent.
   */
  hold(request: IncomingMessage, bytes: number): boolean {
    const connection = this.#connectionOf(request.socket);
    const share = connection && this.#networks.get(connection.network);
    if (!share) return true;
    const { bytesEach, bytes: all } = this.#limits;
    if (!this.#rate.take(connection.network, bytes)) return false;
    // A single response is never refused for the share of its network.
    while (share.held > 0 && share.held + bytes > bytesEach)
      if (!this.#endOne(share.stalled(connection))) return false;
    while (this.#held > 0 && this.#held + bytes > all) {
      const most = this.#largest(({ held }) => held);
      if (!most || most.held <= share.held + bytes) return false;
      if (!this.#endOne(most.stalled(connection) ?? most.holding())) return false;
    }
    this.#held += bytes;
    share.held += bytes;
    connection.held += bytes;
    return true;
  }

  /** Ends what has stalled for too long, and notes what may give way. */
  sweep(): void {
    const now = this.now();
    for (const connection of this.#connections) {
      const { phase } = connection;
      const stalledMs = connection.stalledMs(now);
      // The server's own timers end idle ones.
      if (phase === 'idle' || phase === 'handling') continue;
      if (stalledMs >= this.#limits.stalledMs) this.#end(connection);
      else this.#networks.get(connection.network)?.mark(connection, stalledMs >= YIELDS_AFTER_MS);
    }
    this.#boundQueues();
    this.#rate.sweep();
  }

  /** Ends those whose clients are gone without a word. */
  endThose(areGone: (socket: Socket) => boolean): void {
    for (const connection of this.#connections)
      if (areGone(connection.accepted)) this.#end(connection);
  }

  /** What streams have queued is known only now. */
  #boundQueues(): void {
    for (const share of this.#networks.values())
      while (share.queued > this.#limits.bytesEach && this.#endOne(share.stalled()));
  }

  #accept(socket: Socket): void {
    const { remoteAddress, remotePort } = socket;
    this.#accepted += 1;
    if (remoteAddress === undefined || remotePort === undefined) {
      socket.destroy();
      return;
    }
    if (remoteAddress === socket.localAddress && this.#ownPorts.has(remotePort)) return;
    const network = addressGroup(remoteAddress);
    if (!this.#hasPlace(network, this.isProxy(remoteAddress))) {
      this.refused += 1;
      socket.resetAndDestroy();
      return;
    }
    const connection = new Connection(socket, network, this.now());
    this.#connections.add(connection);
    this.#bySocket.set(socket, connection);
    this.#share(network).add(connection);
    socket.once('close', () => this.#forget(connection));
  }

  /** With TLS, a request comes over another socket than the one that was accepted, with the same addresses. */
  #connectionOf(socket: Socket): Connection | undefined {
    const known = this.#bySocket.get(socket);
    if (known) return this.#connections.has(known) ? known : undefined;
    const { remotePort, remoteAddress = '', localAddress } = socket;
    const share = this.#networks.get(addressGroup(remoteAddress));
    // Machines of one network may use the same port.
    const connection = share?.find(
      ({ accepted }) =>
        accepted.remotePort === remotePort &&
        accepted.remoteAddress === remoteAddress &&
        accepted.localAddress === localAddress,
    );
    if (!connection) return undefined;
    connection.socket = socket;
    this.#bySocket.set(socket, connection);
    return connection;
  }

  #hasPlace(network: string, isProxy: boolean): boolean {
    const { connections, connectionsEach } = this.#limits;
    const share = this.#networks.get(network);
    if (!isProxy && share && share.size >= connectionsEach && !this.#giveUp(share)) return false;
    if (this.#connections.size < connections) return true;
    const largest = this.#largest(({ size }) => size);
    if (largest && largest.size > (share?.size ?? 0) + 1)
      return this.#endOne(largest.leastUseful() ?? largest.oldest());
    return share !== undefined && this.#giveUp(share);
  }

  /** Ends a connection of a network that can be spared. */
  #giveUp(share: NetworkShare): boolean {
    return this.#endOne(share.leastUseful());
  }

  #largest(by: (share: NetworkShare) => number): NetworkShare | undefined {
    let largest: NetworkShare | undefined;
    for (const share of this.#networks.values())
      if (!largest || by(share) > by(largest)) largest = share;
    return largest;
  }

  /** Moves a connection to the share of the client that its proxy forwards. False if that share has no place for it. */
  #countFor(connection: Connection, network: string): boolean {
    if (network === connection.network) return true;
    const share = this.#share(network);
    if (share.size >= this.#limits.connectionsEach && !this.#giveUp(share)) {
      this.refused += 1;
      connection.end();
      if (share.size === 0) this.#networks.delete(network);
      return false;
    }
    this.#leave(connection);
    connection.network = network;
    this.#share(network).add(connection);
    return true;
  }

  /** An idle connection of a proxy counts for nobody's share. */
  #answered(connection: Connection, request: IncomingMessage): void {
    connection.requests.delete(request);
    if (this.#isFinishing) connection.finish();
    if (connection.requests.size > 0 || !this.#connections.has(connection)) return;
    this.#leave(connection);
    connection.network = connection.peer;
    this.#share(connection.network).add(connection);
  }

  #endOne(connection: Connection | undefined): boolean {
    if (connection) this.#end(connection);
    return connection !== undefined;
  }

  #end(connection: Connection): void {
    this.ended += 1;
    this.#forget(connection);
    connection.end();
  }

  #forget(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    this.#leave(connection);
  }

  #leave(connection: Connection): void {
    const share = this.#networks.get(connection.network);
    if (!share) return;
    share.remove(connection);
    this.#held -= connection.held;
    connection.held = 0;
    if (share.size === 0) this.#networks.delete(connection.network);
  }

  #share(network: string): NetworkShare {
    const known = this.#networks.get(network);
    if (known) return known;
    const share = new NetworkShare();
    this.#networks.set(network, share);
    return share;
  }
}
