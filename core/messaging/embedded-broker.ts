import type { EventEmitter } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { Aedes, type AedesOptions, type AuthenticateError, type Client } from 'aedes';
import { namesIn } from '../contract/topics.js';
import { messageOf, StartError } from '../runtime/errors.js';
import type { Service } from '../runtime/lifecycle.js';
import { LogThrottle } from '../runtime/log-throttle.js';
import type { Logger } from '../runtime/logger.js';
import type { Account, BrokerAccounts } from './access-rules.js';
import { type BrokerLimits, defaultLimits } from './broker-limits.js';
import { BrokerTls, type BrokerTlsOptions } from './broker-tls.js';
import { ClientAuthorization, type RefusalCode, refusalCodes } from './client-authorization.js';
import { ClientSockets } from './client-sockets.js';
import { RetainedLedger } from './retained-ledger.js';

export interface EmbeddedBrokerOptions {
  host: string;
  /** 0 chooses a free port; `address` has its number. */
  port: number;
  root: string;
  /** `none` allows every client everything. */
  accounts: BrokerAccounts | 'none';
  limits?: Partial<BrokerLimits>;
  /** Without it, the broker speaks plain MQTT only. */
  tls?: BrokerTlsOptions;
}

const STOP_MS = 2_000;
const LOG_EVERY_MS = 60_000;

/**
 * The broker inside the relay or the appliance, on aedes: MQTT 3.1.1 over TCP and TLS. It stores nothing across a
 * restart. Every client gets a clean session, because the queue of an absent client would have no bound. No summary is
 * lost by that: the appliances keep them until the relay has acknowledged them.
 */
export class EmbeddedBroker implements Service {
  readonly name = 'embedded broker';
  readonly #limits: BrokerLimits;
  readonly #sockets: ClientSockets;
  readonly #authorization: ClientAuthorization;
  readonly #retained: RetainedLedger;
  readonly #limitLog = new LogThrottle(LOG_EVERY_MS);
  #aedes: Aedes | undefined;
  #server: Server | undefined;
  #tls: BrokerTls | undefined;

  constructor(
    private readonly options: EmbeddedBrokerOptions,
    private readonly log: Logger,
  ) {
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#sockets = new ClientSockets(this.#limits.maxPacketBytes);
    this.#authorization = new ClientAuthorization(options, this.#sockets, log);
    this.#retained = new RetainedLedger(this.#limits);
  }

  /** Where it listens. Throws unless it runs. */
  get address(): { host: string; port: number } {
    const address = this.#server?.address();
    if (!address || typeof address === 'string') throw new Error('the broker is not running');
    return { host: address.address, port: address.port };
  }

  get url(): string {
    const { host, port } = this.address;
    return `mqtt://${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  get connections(): number {
    return this.#aedes?.connectedClients ?? 0;
  }

  async start(): Promise<void> {
    const aedes = await Aedes.createBroker(this.#aedesOptions());
    this.#aedes = aedes;
    this.#logErrors(aedes);
    const accept = (socket: Socket) => this.#accept(socket, aedes);
    const { tls } = this.options;
    this.#tls = tls && new BrokerTls(tls, accept, this.#limits.connectTimeoutMs, this.log);
    const server = createServer((socket) =>
      this.#tls ? this.#tls.accept(socket) : accept(socket),
    );
    server.maxConnections = this.#limits.maxConnections;
    this.#server = server;
    const { host, port } = this.options;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) =>
        reject(
          new StartError(`the MQTT broker cannot listen on ${host}:${port}: ${error.message}`),
        ),
      );
      server.listen(port, host, resolve);
    });
    this.log.info(this.address, 'embedded broker listening');
  }

  async stop(): Promise<void> {
    const server = this.#server;
    const closed = new Promise<void>((resolve) => {
      if (server?.listening) server.close(() => resolve());
      else resolve();
    });
    const deadline = setTimeout(() => this.#sockets.destroyAll(), STOP_MS);
    this.#tls?.stop();
    const aedes = this.#aedes;
    if (aedes) await new Promise<void>((done) => aedes.close(done));
    this.#sockets.destroyAll();
    await closed;
    clearTimeout(deadline);
  }

  /** Ends a site's connections, for example after its password was renewed. */
  disconnectSite(site: string): void {
    for (const { socket } of this.#connectionsOf(site)) socket.destroy();
  }

  /** Ends the connections of a site whose account was removed, and clears its retained messages. */
  forgetSite(site: string): void {
    for (const { socket, client } of this.#connectionsOf(site)) {
      this.#authorization.revoke(client);
      socket.destroy();
    }
    for (const topic of this.#retained.topicsOf(site)) this.#clear(topic);
  }

  #connectionsOf(site: string): { socket: Socket; client: Client }[] {
    return this.#sockets.clients().filter(({ client }) => {
      const account = this.#authorization.accountOf(client);
      return account?.role === 'site' && account.site === site;
    });
  }

  #accept(socket: Socket, aedes: Aedes): void {
    this.#sockets.add(socket);
    aedes.handle(socket);
  }

  #logErrors(aedes: Aedes): void {
    const logAs = (event: string) => (client: Client, error: Error) =>
      this.log.debug({ client: client.id, error: messageOf(error) }, event);
    aedes.on('clientError', logAs('client error'));
    aedes.on('connectionError', logAs('client connection error'));
    // Without a listener, an internal error of aedes would end the process.
    (aedes as EventEmitter).on('error', (error: unknown) =>
      this.log.error({ error: messageOf(error) }, 'embedded broker error'),
    );
  }

  #aedesOptions(): AedesOptions {
    return {
      connectTimeout: this.#limits.connectTimeoutMs,
      keepaliveLimit: this.#limits.maxKeepalive,
      drainTimeout: this.#limits.drainTimeoutMs,
      // Concurrent deliveries; each client adds at most the packets of one read.
      concurrency: 1_000,
      preConnect: (_client, packet, done) => {
        packet.clean = true;
        done(null, true);
      },
      authenticate: (client, username, password, done) => {
        this.#authorization.authenticate(client, username, password?.toString('utf8')).then(
          (code) => done(code === undefined ? null : refused(code), code === undefined),
          (error: unknown) => {
            this.log.error(
              { client: client.id, error: messageOf(error) },
              'client refused: credentials could not be checked',
            );
            done(refused(refusalCodes.notAuthorized), false);
          },
        );
      },
      authorizePublish: (client, packet, done) => {
        const { topic, retain, payload } = packet;
        const account = this.#authorization.publisherOf(client, topic);
        if (!account) {
          done(new Error(`may not publish ${topic}`));
          return;
        }
        if (retain) packet.retain = this.#mayRetain(account, topic, payload.length);
        done(null);
      },
      authorizeSubscribe: (client, subscription, done) => {
        const isAllowed = this.#authorization.maySubscribe(client, subscription.topic);
        done(null, isAllowed ? subscription : null);
      },
    };
  }

  /** An empty payload clears a retained message. */
  #mayRetain(account: Account, topic: string, bytes: number): boolean {
    const wasRetained = this.#retained.remove(topic);
    if (bytes === 0) return true;
    // What the relay retains for a site is removed with that site, too.
    const site =
      account.role === 'site' ? account.site : namesIn(this.options.root, 'ack', topic)?.site;
    if (this.#retained.add(site, topic, bytes)) return true;
    if (wasRetained) this.#clear(topic);
    if (this.#limitLog.isDue(site ?? ''))
      this.log.warn({ site, topic, bytes }, 'message not retained: limit reached');
    return false;
  }

  /** Subscribers receive the empty message that clears the topic. */
  #clear(topic: string): void {
    this.#retained.remove(topic);
    const payload = Buffer.alloc(0);
    this.#aedes?.publish(
      { cmd: 'publish', topic, payload, qos: 0, retain: true, dup: false },
      (error) => {
        if (error)
          this.log.warn({ topic, error: messageOf(error) }, 'retained message not cleared');
      },
    );
  }
}

const refused = (returnCode: RefusalCode): AuthenticateError =>
  Object.assign(new Error('refused'), { returnCode });
