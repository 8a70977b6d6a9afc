import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Koa from 'koa';
import { StartError } from '../runtime/errors.js';
import type { Service } from '../runtime/lifecycle.js';
import type { Logger } from '../runtime/logger.js';
import { ConnectionShares } from './connection-shares.js';
import { FairTurns } from './fair-turns.js';
import type { ServerTls } from './tls/server-tls.js';
import { unansweredPeers } from './unanswered-peers.js';

/** Connections that the system may hold until they are accepted; it has a bound of its own (net.core.somaxconn). */
const BACKLOG = 4_096;

/** Each waits twice as long as the one before, from 0.2 s on in a LAN: a client is gone after about a minute. */
const RETRANSMISSIONS = 8;
const PEERS_EVERY_MS = 5_000;

export interface HttpServerParts {
  connections?: ConnectionShares;
  /** Without it, the server speaks plain HTTP only. */
  tls?: ServerTls | undefined;
  /** How often the system sends the same bytes again until a client counts as gone. */
  retransmissions?: number;
}

/** Serves an application. Port 0 chooses a free port; `address` has its number. */
export class HttpServer implements Service {
  readonly name = 'http';
  readonly connections: ConnectionShares;
  readonly #turns = new FairTurns((network) => this.connections.areComing(network));
  #server: Server | undefined;
  #peers: NodeJS.Timeout | undefined;

  constructor(
    private readonly app: Koa,
    private readonly listen: { host: string; port: number },
    private readonly log: Logger,
    private readonly parts: HttpServerParts = {},
  ) {
    this.connections = parts.connections ?? new ConnectionShares();
  }

  get address(): { host: string; port: number; url: string } {
    const bound = this.#server?.address() as AddressInfo | null | undefined;
    const { host, port } = bound ? { host: bound.address, port: bound.port } : this.listen;
    return { host, port, url: `http://${host.includes(':') ? `[${host}]` : host}:${port}` };
  }

  async start(): Promise<void> {
    const server = createServer(
      {
        // A slow sender uses memory: it has this long for the whole request.
        requestTimeout: 60_000,
        headersTimeout: 20_000,
        keepAliveTimeout: 30_000,
        maxHeaderSize: 16_384,
        // Node.js looks at these times so often; by default only every 30 s.
        connectionsCheckingInterval: 1_000,
      },
      this.parts.tls?.guard(this.#answer()) ?? this.#answer(),
    );
    // First, so that TLS does nothing for a connection without a place.
    this.connections.attach(server);
    this.parts.tls?.attach(server);
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        const { host, port } = this.listen;
        const why = error.code === 'EADDRINUSE' ? 'it is in use' : error.message;
        reject(new StartError(`cannot listen on ${host}:${port}: ${why}`));
      });
      // A short queue is full while one client opens many connections; others then wait for seconds.
      server.listen({ ...this.listen, backlog: BACKLOG }, resolve);
    });
    this.#peers = setInterval(() => void this.#endUnanswered(), PEERS_EVERY_MS).unref();
    const { url } = this.address;
    // The same port serves both.
    const urls = this.parts.tls
      ? { url: url.replace(/^http:/, 'https:'), plainTextUrl: url }
      : { url };
    this.log.info(urls, 'listening');
  }

  /** A client that lost its power or its network says nothing: what is sent to it waits in the system, and its stream goes on. */
  async #endUnanswered(): Promise<void> {
    const areGone = await unansweredPeers(this.parts.retransmissions ?? RETRANSMISSIONS);
    this.connections.endThose(areGone);
  }

  #answer(): RequestListener {
    const answer = this.app.callback();
    return (request, response) => {
      const network = this.connections.begin(request, response);
      if (network === undefined) return;
      this.#turns.run(network, () => {
        // The client may have gone meanwhile.
        if (!request.socket.destroyed) void answer(request, response);
      });
    };
  }

  /** Accepts no new connections, closes idle ones, and waits for requests in progress. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (!server?.listening) return;
    clearInterval(this.#peers);
    this.parts.tls?.detach();
    const closed = new Promise((resolve) => server.close(resolve));
    this.connections.finish();
    const deadline = setTimeout(() => {
      server.closeAllConnections();
      this.parts.tls?.destroyAll();
    }, 5_000);
    await closed;
    clearTimeout(deadline);
    this.connections.stop();
  }
}
