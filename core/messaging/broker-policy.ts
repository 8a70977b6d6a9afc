import type { Client, PublishPacket } from 'aedes';
import { namesIn } from '../contract/topics.js';
import { addressGroup } from '../runtime/address-group.js';
import { LogThrottle } from '../runtime/log-throttle.js';
import type { Logger } from '../runtime/logger.js';
import type { Account } from './access-rules.js';
import type { BrokerLimits } from './broker-limits.js';
import {
  type AuthorizationOptions,
  ClientAuthorization,
  type RefusalCode,
  refusalCodes,
  shortened,
} from './client-authorization.js';
import { type ClientSockets, socketOf } from './client-sockets.js';
import type { ConnectionAdmission } from './connection-admission.js';
import { afterLogin } from './packet-rules.js';
import { RetainedLedger, type RetainedOwner } from './retained-ledger.js';
import { SubscriptionLedger } from './subscription-ledger.js';

export interface PolicyOptions extends AuthorizationOptions {
  limits: BrokerLimits;
}

const LOG_EVERY_MS = 60_000;

/** What each client of a broker may do: its account's rights, and its shares of what all use. */
export class BrokerPolicy {
  readonly authorization: ClientAuthorization;
  readonly #limits: BrokerLimits;
  readonly #retained: RetainedLedger;
  readonly #subscriptions: SubscriptionLedger;
  readonly #limitLog = new LogThrottle(LOG_EVERY_MS);

  constructor(
    private readonly options: PolicyOptions,
    private readonly sockets: ClientSockets,
    private readonly admission: ConnectionAdmission,
    /** Clears a retained message. */
    private readonly clear: (topic: string) => void,
    private readonly log: Logger,
  ) {
    this.#limits = options.limits;
    this.authorization = new ClientAuthorization(options, sockets, log);
    this.#retained = new RetainedLedger(options.limits);
    this.#subscriptions = new SubscriptionLedger(options.limits);
  }

  /** Whether a client, or its will, may publish a message; the message is not retained beyond a share. */
  admitMessage(client: Client | null, packet: PublishPacket): boolean {
    const { topic, retain, payload } = packet;
    const isShort = Buffer.byteLength(topic) <= this.#limits.maxTopicBytes;
    const account = isShort ? this.authorization.publisherOf(client, topic) : undefined;
    if (!client || !account) return false;
    if (retain)
      packet.retain = this.#mayRetain(this.#ownerOf(client, account, topic), topic, payload.length);
    return true;
  }

  /** The retained topics of a site; from now on they have no share. */
  forgetRetained(site: string): string[] {
    const topics = this.#retained.topicsOf(site);
    for (const topic of topics) this.#retained.remove(topic);
    return topics;
  }

  unsubscribed(client: Client, filters: readonly string[]): void {
    this.#subscriptions.remove(client, filters);
  }

  ended(client: Client): void {
    this.#subscriptions.forget(client);
  }

  /** Resolves with the reason for a refusal, or undefined if the client is accepted. */
  async logIn(
    client: Client,
    username: string | undefined,
    password: string | undefined,
  ): Promise<RefusalCode | undefined> {
    const result = await this.authorization.authenticate(client, username, password);
    if (typeof result === 'number') return result;
    const socket = socketOf(client);
    if (!this.admission.logIn(socket, result, this.authorization.hasAccounts)) {
      const address = addressGroup(socket.remoteAddress);
      if (this.#limitLog.isDue(`clients ${address}`))
        this.log.warn(
          { address, client: shortened(client.id) },
          'client refused: too many connections, from its address or in all',
        );
      return refusalCodes.unavailable;
    }
    this.authorization.accept(client, result);
    this.sockets.loggedIn(client, afterLogin(result, this.#limits));
    return undefined;
  }

  maySubscribe(client: Client, filter: string): boolean {
    if (!this.authorization.maySubscribe(client, filter)) return false;
    const address = addressGroup(socketOf(client).remoteAddress);
    if (this.#subscriptions.add(client, address, filter)) return true;
    if (this.#limitLog.isDue(`subscriptions ${client.id}`))
      this.log.warn(
        { client: shortened(client.id), address },
        'subscription refused: limit reached',
      );
    return false;
  }

  /** What the relay retains for a site is removed with that site, too. */
  #ownerOf(client: Client, account: Account, topic: string): RetainedOwner | undefined {
    if (account.role === 'site') return { site: account.site };
    const site = namesIn(this.options.root, 'ack', topic)?.site;
    if (site !== undefined) return { site };
    const isRelay = account.role === 'relay' && this.authorization.hasAccounts;
    return isRelay ? undefined : { address: addressGroup(socketOf(client).remoteAddress) };
  }

  /** An empty payload clears a retained message. */
  #mayRetain(owner: RetainedOwner | undefined, topic: string, bytes: number): boolean {
    const wasRetained = this.#retained.remove(topic);
    if (bytes === 0) return true;
    if (this.#retained.add(owner, topic, bytes)) return true;
    if (wasRetained) this.clear(topic);
    if (this.#limitLog.isDue(`retained ${JSON.stringify(owner)}`))
      this.log.warn(
        { ...owner, topic: shortened(topic), bytes },
        'message not retained: limit reached',
      );
    return false;
  }
}
