import type { EventEmitter } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { Aedes, type AedesOptions, type AuthenticateError, type Client } from 'aedes';
import { addressGroup } from '../runtime/address-group.js';
import { messageOf, StartError } from '../runtime/errors.js';
import type { Service } from '../runtime/lifecycle.js';
import { LogThrottle } from '../runtime/log-throttle.js';
import type { Logger } from '../runtime/logger.js';
import type { BrokerAccounts } from './access-rules.js';
import { type BrokerLimits, defaultLimits } from './broker-limits.js';
import { BrokerPolicy } from './broker-policy.js';
import { BrokerTls, type BrokerTlsOptions } from './broker-tls.js';
import { type RefusalCode, refusalCodes, shortened } from './client-authorization.js';
import { ClientSockets, type EndReason } from './client-sockets.js';
import { ConnectionAdmission } from './connection-admission.js';
import { beforeLogin } from './packet-rules.js';
import { capSubscriptions } from './subscribe-packets.js';

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
/** The topics of Siteglass have seven levels at most below a root. */
const MAX_TOPIC_LEVELS = 32;
const MAX_CLIENT_ID = 256;

/**
 * The broker inside the relay or the appliance, on aedes: MQTT 3.1.1 over TCP and TLS. It stores nothing across a
 * restart. Every client gets a clean session, because the queue of an absent client would have no bound. No summary is
 * lost by that: the appliances keep them until the relay has acknowledged them.
 */
export class EmbeddedBroker implements Service {
  readonly name = 'embedded broker';
  readonly #limits: BrokerLimits;
  readonly #sockets: ClientSockets;
  readonly #admission: ConnectionAdmission;
  readonly #policy: BrokerPolicy;
  readonly #limitLog = new LogThrottle(LOG_EVERY_MS);
  #aedes: Aedes | undefined;
  #server: Server | undefined;
  #tls: BrokerTls | undefined;

  constructor(
    private readonly options: EmbeddedBrokerOptions,
    private readonly log: Logger,
  ) {
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#sockets = new ClientSockets(this.#limits, (socket, reason) =>
      this.#logEnd(socket, reason),
    );
    this.#admission = new ConnectionAdmission(this.#limits);
    this.#policy = new BrokerPolicy(
      { ...options, limits: this.#limits },
      this.#sockets,
      this.#admission,
      (topic) => this.#clear(topic),
      log,
    );
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
    aedes.on('unsubscribe', (filters, client) => this.#policy.unsubscribed(client, filters));
    this.#sockets.start();
    const accept = (socket: Socket) => this.#accept(socket, aedes);
    const { tls } = this.options;
    this.#tls = tls && new BrokerTls(tls, accept, this.#limits.connectTimeoutMs, this.log);
    const server = createServer((socket) => {
      if (!this.#isAdmitted(socket)) socket.destroy();
      else if (this.#tls) this.#tls.accept(socket);
      else accept(socket);
    });
    server.maxConnections = this.#limits.maxConnections + this.#limits.maxPending;
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
    this.#sockets.stop();
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
      this.#policy.authorization.revoke(client);
      socket.destroy();
    }
    for (const topic of this.#policy.forgetRetained(site)) this.#clear(topic);
  }

  #connectionsOf(site: string): { socket: Socket; client: Client }[] {
    return this.#sockets.clients().filter(({ client }) => {
      const account = this.#policy.authorization.accountOf(client);
      return account?.role === 'site' && account.site === site;
    });
  }

  /** Before TLS, whose handshakes cost more than anything else that a stranger can ask for. */
  #isAdmitted(socket: Socket): boolean {
    if (this.#admission.admit(socket)) return true;
    const address = addressGroup(socket.remoteAddress);
    if (this.#limitLog.isDue(`connections ${address}`))
      this.log.warn({ address }, 'connection refused: too many from its address are not logged in');
    return false;
  }

  #accept(socket: Socket, aedes: Aedes): void {
    this.#sockets.add(socket, beforeLogin(this.#limits));
    const client = aedes.handle(socket);
    capSubscriptions(client);
    socket.once('close', () => this.#policy.ended(client));
  }

  #logEnd(socket: Socket, reason: EndReason): void {
    const { client } = socket as Socket & { client?: Client };
    const address = socket.remoteAddress;
    if (this.#limitLog.isDue(`${reason} ${address}`))
      this.log.warn({ client: shortened(client?.id ?? ''), address }, reason);
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
      maxTopicLevels: MAX_TOPIC_LEVELS,
      preConnect: (_client, packet, done) => {
        packet.clean = true;
        // Published by the broker, for whom QoS 2 has the same bounds as for the client.
        if (packet.will?.qos === 2) packet.will.qos = 1;
        const isShort = packet.clientId.length <= MAX_CLIENT_ID;
        done(isShort ? null : new Error('the client id is too long'), isShort);
      },
      authenticate: (client, username, password, done) => {
        this.#policy.logIn(client, username, password?.toString('utf8')).then(
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
        const isAllowed = this.#policy.admitMessage(client, packet);
        done(isAllowed ? null : new Error(`may not publish ${shortened(packet.topic)}`));
      },
      authorizeSubscribe: (client, subscription, done) => {
        done(null, this.#policy.maySubscribe(client, subscription.topic) ? subscription : null);
      },
      authorizeForward: (client, packet) => {
        // What a new subscriber gets first is not left out, and waits for what was sent before it.
        const isOptional = packet.qos === 0 && !packet.retain;
        return this.#sockets.mayQueue(client, packet.payload.length, isOptional) ? packet : null;
      },
    };
  }

  /** Subscribers receive the empty message that clears the topic. */
  #clear(topic: string): void {
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
