import type { EventEmitter } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { Aedes, type AedesOptions, type AuthenticateError, type Client } from 'aedes';
import { MAX_PAYLOAD_BYTES, namesIn } from '../contract/topics.js';
import { messageOf, StartError } from '../runtime/errors.js';
import type { Service } from '../runtime/lifecycle.js';
import { LogThrottle } from '../runtime/log-throttle.js';
import type { Logger } from '../runtime/logger.js';
import {
  type Account,
  type BrokerAccounts,
  mayPublish,
  maySubscribe,
  mayUseClientId,
} from './access-rules.js';
import { PacketMeter } from './packet-meter.js';
import { RetainedLedger, type RetainedLimits } from './retained-ledger.js';

export interface EmbeddedBrokerOptions {
  host: string;
  /** 0 takes a free one; `address` tells which. */
  port: number;
  root: string;
  /** `none` lets every client do everything. */
  accounts: BrokerAccounts | 'none';
  limits?: Partial<BrokerLimits>;
}

/** Beyond the limits of what is retained, a message is delivered, but not retained. */
export interface BrokerLimits extends RetainedLimits {
  /** Beyond it, new connections are dropped. */
  maxConnections: number;
  /** A client that announces a larger packet is cut off. The default leaves room for an annotated snapshot. */
  maxPacketBytes: number;
  /** Seconds; a client that asks for more, or for none, is refused. */
  maxKeepalive: number;
  /** A client that has not said CONNECT by then is cut off. */
  connectTimeoutMs: number;
  /** A client that does not read for so long is cut off, since it would hold up the others. */
  drainTimeoutMs: number;
}

const defaultLimits: BrokerLimits = {
  maxConnections: 2_000,
  maxPacketBytes: 4 * MAX_PAYLOAD_BYTES,
  maxRetained: 20_000,
  maxRetainedBytes: 256 * 1024 * 1024,
  maxRetainedPerSite: 1_000,
  maxRetainedBytesPerSite: 32 * 1024 * 1024,
  maxKeepalive: 600,
  connectTimeoutMs: 10_000,
  drainTimeoutMs: 15_000,
};

const EVERYTHING: Account = { role: 'relay' };
const BAD_CREDENTIALS = 4;
const NOT_AUTHORIZED = 5;
const STOP_MS = 2_000;
const LOG_EVERY_MS = 60_000;

/**
 * The broker inside the relay, on aedes: MQTT 3.1.1 over TCP. It keeps nothing over a restart and grants
 * every client a clean session only, for an absent client's queue would have no bound; what must not be
 * lost is held by the appliances until the relay has acknowledged it.
 */
export class EmbeddedBroker implements Service {
  readonly name = 'embedded broker';
  readonly #limits: BrokerLimits;
  readonly #accounts = new WeakMap<Client, Account>();
  readonly #retained: RetainedLedger;
  readonly #unretained = new LogThrottle(LOG_EVERY_MS);
  readonly #takenOver = new LogThrottle(LOG_EVERY_MS);
  readonly #sockets = new Set<Socket>();
  #aedes: Aedes | undefined;
  #server: Server | undefined;

  constructor(
    private readonly options: EmbeddedBrokerOptions,
    private readonly log: Logger,
  ) {
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#retained = new RetainedLedger(this.#limits);
  }

  /** Where it listens. Only while it runs. */
  get address(): { host: string; port: number } {
    const address = this.#server?.address();
    if (!address || typeof address === 'string') throw new Error('the broker does not run');
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
    const noted = (event: string) => (client: Client, error: Error) =>
      this.log.debug({ client: client.id, error: messageOf(error) }, event);
    aedes.on('clientError', noted('a client failed'));
    aedes.on('connectionError', noted('a connection failed'));
    // Without a listener, an error of aedes' own housekeeping would end the process.
    (aedes as EventEmitter).on('error', (error: unknown) =>
      this.log.error({ error: messageOf(error) }, 'the embedded broker failed'),
    );
    const server = createServer((socket) => this.#admit(socket, aedes));
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
    this.log.info(this.address, 'the embedded broker listens');
  }

  async stop(): Promise<void> {
    const server = this.#server;
    const closed = new Promise<void>((resolve) => {
      if (server?.listening) server.close(() => resolve());
      else resolve();
    });
    const cut = setTimeout(() => this.#cutAll(), STOP_MS);
    const aedes = this.#aedes;
    if (aedes) await new Promise<void>((done) => aedes.close(done));
    this.#cutAll();
    await closed;
    clearTimeout(cut);
  }

  /** Ends a site's connection, as when its password was renewed. */
  disconnectSite(site: string): void {
    for (const { socket } of this.#connectionsOf(site)) socket.destroy();
  }

  /** Ends the connection of a site whose account was removed, and clears what it retained. */
  forgetSite(site: string): void {
    for (const { socket, client } of this.#connectionsOf(site)) {
      // From here on it may not publish, and neither may its will.
      this.#accounts.delete(client);
      socket.destroy();
    }
    for (const topic of this.#retained.topicsOf(site)) this.#clear(topic);
  }

  #connectionsOf(site: string): { socket: Socket; client: Client }[] {
    return [...this.#sockets].flatMap((socket) => {
      const client = clientOf(socket);
      const account = client && this.#accounts.get(client);
      const isOfSite = account?.role === 'site' && account.site === site;
      return client && isOfSite ? [{ socket, client }] : [];
    });
  }

  #admit(socket: Socket, aedes: Aedes): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.setNoDelay(true);
    meter(socket, new PacketMeter(this.#limits.maxPacketBytes));
    aedes.handle(socket);
  }

  #cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #aedesOptions(): AedesOptions {
    const { root } = this.options;
    return {
      connectTimeout: this.#limits.connectTimeoutMs,
      keepaliveLimit: this.#limits.maxKeepalive,
      drainTimeout: this.#limits.drainTimeoutMs,
      // Deliveries under way at once; each client adds no more than one read's worth of packets.
      concurrency: 1_000,
      preConnect: (_client, packet, done) => {
        packet.clean = true;
        done(null, true);
      },
      authenticate: (client, username, password, done) => {
        this.#identify(client, username, password?.toString('utf8')).then(
          (refusal) => done(refusal ? refused(refusal) : null, refusal === undefined),
          (error: unknown) => {
            this.log.error({ error: messageOf(error) }, 'could not check credentials');
            done(refused(NOT_AUTHORIZED), false);
          },
        );
      },
      authorizePublish: (client, packet, done) => {
        const { topic, retain } = packet;
        const account = client ? this.#accounts.get(client) : undefined;
        if (!account || !mayPublish(account, root, topic)) {
          done(new Error(`may not publish ${topic}`));
          return;
        }
        if (retain) packet.retain = this.#mayRetain(account, topic, packet.payload.length);
        done(null);
      },
      authorizeSubscribe: (client, subscription, done) => {
        const account = this.#accounts.get(client);
        const granted = account && maySubscribe(account, root, subscription.topic);
        done(null, granted ? subscription : null);
      },
    };
  }

  /** Resolves with the code of the refusal, or undefined where the client is welcome. */
  async #identify(
    client: Client,
    username: string | undefined,
    password: string | undefined,
  ): Promise<number | undefined> {
    const { accounts } = this.options;
    if (accounts === 'none') {
      this.#noteTakeover(client);
      this.#accounts.set(client, EVERYTHING);
      return undefined;
    }
    const account = await accounts.verify(username ?? '', password ?? '');
    if (!account) {
      this.log.warn({ client: client.id, username }, 'refused credentials');
      return BAD_CREDENTIALS;
    }
    if (!mayUseClientId(account, client.id)) {
      this.log.warn({ client: client.id, username }, 'refused a client id that is not its own');
      return NOT_AUTHORIZED;
    }
    this.#noteTakeover(client);
    this.#accounts.set(client, account);
    return undefined;
  }

  /** MQTT ends the earlier connection of a client id. Two appliances of one site would do this to each other for ever. */
  #noteTakeover({ id }: Client): void {
    const isThere = [...this.#sockets].some((socket) => {
      const other = clientOf(socket);
      return other?.id === id && this.#accounts.has(other);
    });
    if (isThere && this.#takenOver.isDue(id))
      this.log.warn(
        { client: id },
        'a client id was taken over: two appliances may share a site id',
      );
  }

  /** An empty payload clears a retained message. */
  #mayRetain(account: Account, topic: string, bytes: number): boolean {
    const held = this.#retained.remove(topic);
    if (bytes === 0) return true;
    // What the relay retains for a site goes with the site, too.
    const site =
      account.role === 'site' ? account.site : namesIn(this.options.root, 'ack', topic)?.site;
    if (this.#retained.add(site, topic, bytes)) return true;
    if (held) this.#clear(topic);
    if (this.#unretained.isDue(site ?? ''))
      this.log.warn({ site, topic, bytes }, 'too much is retained; a message was not');
    return false;
  }

  /** Those who listen are told with the same empty message that clears it. */
  #clear(topic: string): void {
    this.#retained.remove(topic);
    const payload = Buffer.alloc(0);
    this.#aedes?.publish(
      { cmd: 'publish', topic, payload, qos: 0, retain: true, dup: false },
      (error) => {
        if (error) this.log.warn({ topic, error: messageOf(error) }, 'could not clear a message');
      },
    );
  }
}

const refused = (returnCode: number): AuthenticateError =>
  Object.assign(new Error('refused'), { returnCode });

const clientOf = (socket: Socket): Client | undefined =>
  (socket as Socket & { client?: Client }).client;

/** Cuts the socket off at the first packet that is too large, before aedes would begin to collect it. */
function meter(socket: Socket, packets: PacketMeter): void {
  const read = socket.read.bind(socket);
  socket.read = (size) => {
    const chunk: Buffer | null = read(size);
    if (!chunk || packets.accept(chunk)) return chunk;
    socket.destroy(new Error('a packet is too large'));
    return null;
  };
}
