import type { Client } from 'aedes';
import { LogThrottle } from '../runtime/log-throttle.js';
import type { Logger } from '../runtime/logger.js';
import {
  type Account,
  type BrokerAccounts,
  mayPublish,
  maySubscribe,
  mayUseClientId,
} from './access-rules.js';
import type { ClientSockets } from './client-sockets.js';

/** Return codes of CONNACK (MQTT 3.1.1, section 3.2.2.3). */
export const refusalCodes = { badCredentials: 4, notAuthorized: 5 } as const;
export type RefusalCode = (typeof refusalCodes)[keyof typeof refusalCodes];

/** The account of every client if the broker has no accounts. */
const UNRESTRICTED: Account = { role: 'relay' };
const LOG_EVERY_MS = 60_000;

export interface AuthorizationOptions {
  root: string;
  accounts: BrokerAccounts | 'none';
}

/** Which account a broker's client has, and what that account may publish and subscribe to. */
export class ClientAuthorization {
  readonly #accounts = new WeakMap<Client, Account>();
  readonly #takeoverLog = new LogThrottle(LOG_EVERY_MS);

  constructor(
    private readonly options: AuthorizationOptions,
    private readonly sockets: ClientSockets,
    private readonly log: Logger,
  ) {}

  accountOf(client: Client): Account | undefined {
    return this.#accounts.get(client);
  }

  /** Resolves with the reason for a refusal, or undefined if the client is accepted. Rejects if it cannot be checked. */
  async authenticate(
    client: Client,
    username: string | undefined,
    password: string | undefined,
  ): Promise<RefusalCode | undefined> {
    const { accounts } = this.options;
    if (accounts === 'none') {
      this.#accept(client, UNRESTRICTED);
      return undefined;
    }
    const account = await accounts.verify(username ?? '', password ?? '');
    if (!account) {
      this.log.warn({ client: client.id, username }, 'client refused: wrong user name or password');
      return refusalCodes.badCredentials;
    }
    if (!mayUseClientId(account, client.id)) {
      this.log.warn(
        { client: client.id, username },
        'client refused: its account may not use this client id',
      );
      return refusalCodes.notAuthorized;
    }
    this.#accept(client, account);
    return undefined;
  }

  /** From now on the client may not publish or subscribe; nor is its will published. */
  revoke(client: Client): void {
    this.#accounts.delete(client);
  }

  /** The account that publishes, or undefined if it may not. */
  publisherOf(client: Client | null, topic: string): Account | undefined {
    const account = client ? this.#accounts.get(client) : undefined;
    return account && mayPublish(account, this.options.root, topic) ? account : undefined;
  }

  maySubscribe(client: Client, filter: string): boolean {
    const account = this.#accounts.get(client);
    return account !== undefined && maySubscribe(account, this.options.root, filter);
  }

  #accept(client: Client, account: Account): void {
    this.#logTakeover(client);
    this.#accounts.set(client, account);
  }

  /** MQTT ends the earlier connection of a client id. Two appliances with one site id would repeat this forever. */
  #logTakeover({ id }: Client): void {
    const isConnected = this.sockets
      .clients()
      .some(({ client }) => client.id === id && this.#accounts.has(client));
    if (isConnected && this.#takeoverLog.isDue(id))
      this.log.warn(
        { client: id },
        'client id taken over by a second connection; two appliances may share a site id',
      );
  }
}
