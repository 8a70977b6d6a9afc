import type { Client } from 'aedes';
import { CONTROL_CHARACTER } from '../contract/names.js';
import { LogThrottle } from '../runtime/log-throttle.js';
import type { Logger } from '../runtime/logger.js';
import {
  type Account,
  type BrokerAccounts,
  mayPublish,
  maySubscribe,
  mayUseClientId,
} from './access-rules.js';
import { ClientLogins, type LoginResult } from './client-logins.js';
import { type ClientSockets, socketOf } from './client-sockets.js';

/** Return codes of CONNACK (MQTT 3.1.1, section 3.2.2.3). */
export const refusalCodes = { unavailable: 3, badCredentials: 4, notAuthorized: 5 } as const;
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
  readonly #logins: ClientLogins | undefined;
  readonly #takeoverLog = new LogThrottle(LOG_EVERY_MS);
  readonly #refusalLog = new LogThrottle(LOG_EVERY_MS);

  constructor(
    private readonly options: AuthorizationOptions,
    private readonly sockets: ClientSockets,
    private readonly log: Logger,
  ) {
    this.#logins = options.accounts === 'none' ? undefined : new ClientLogins(options.accounts);
  }

  get hasAccounts(): boolean {
    return this.#logins !== undefined;
  }

  accountOf(client: Client): Account | undefined {
    return this.#accounts.get(client);
  }

  /** Resolves with the account or the reason for a refusal. Rejects if the credentials cannot be checked. */
  async authenticate(client: Client, username = '', password = ''): Promise<Account | RefusalCode> {
    if (!isText(client.id) || !isText(username)) {
      this.#logRefusal(client, username, 'control characters in its user name or client id');
      return refusalCodes.badCredentials;
    }
    if (!this.#logins) return UNRESTRICTED;
    const { remoteAddress: address } = socketOf(client);
    const isWanted = () => !client.closed;
    const result = await this.#logins.check({ username, password, address, isWanted });
    if (typeof result === 'string') return this.#refuse(client, username, result);
    if (mayUseClientId(result, client.id)) return result;
    this.#logRefusal(client, username, 'client refused: its account may not use this client id');
    return refusalCodes.notAuthorized;
  }

  #refuse(client: Client, username: string, result: Exclude<LoginResult, Account>): RefusalCode {
    if (result === 'wrong') {
      this.#logRefusal(client, username, 'client refused: wrong user name or password');
      return refusalCodes.badCredentials;
    }
    const reason =
      result === 'busy'
        ? 'client refused: too many logins at once'
        : 'client refused: too many failed logins from its address';
    this.#logRefusal(client, username, reason);
    return refusalCodes.unavailable;
  }

  /** Once a minute for each reason and address. The client chose its texts. */
  #logRefusal(client: Client, username: string, reason: string): void {
    const address = socketOf(client).remoteAddress;
    if (!this.#refusalLog.isDue(`${reason} ${address}`)) return;
    this.log.warn({ client: shortened(client.id), username: shortened(username), address }, reason);
  }

  /** The client is accepted. */
  accept(client: Client, account: Account): void {
    this.#logTakeover(client);
    this.#accounts.set(client, account);
  }

  /** From now on the client may not publish or subscribe; nor is its will published. */
  revoke(client: Client): void {
    this.#accounts.delete(client);
  }

  /** The account that publishes, or undefined if it may not. */
  publisherOf(client: Client | null, topic: string): Account | undefined {
    const account = client ? this.#accounts.get(client) : undefined;
    return account && isText(topic) && mayPublish(account, this.options.root, topic)
      ? account
      : undefined;
  }

  maySubscribe(client: Client, filter: string): boolean {
    const account = this.#accounts.get(client);
    return (
      account !== undefined && isText(filter) && maySubscribe(account, this.options.root, filter)
    );
  }

  /** MQTT ends the earlier connection of a client id. Two appliances with one site id would repeat this forever. */
  #logTakeover({ id }: Client): void {
    const isConnected = this.sockets
      .clients()
      .some(({ client }) => client.id === id && this.#accounts.has(client));
    if (isConnected && this.#takeoverLog.isDue(id))
      this.log.warn(
        { client: shortened(id) },
        'client id taken over by a second connection; two appliances may share a site id',
      );
  }
}

const MAX_LOGGED = 64;

/** Text from a client, for a log line. */
export const shortened = (text: string): string => {
  const shown = text.length > MAX_LOGGED ? `${text.slice(0, MAX_LOGGED)}…` : text;
  return shown.replace(/[\p{Cc}\p{Cs}]/gu, '\ufffd');
};

/** MQTT 3.1.1, section 1.5.3: a broker has to end a connection that sends NUL, and may end one that sends the others. */
const isText = (text: string): boolean => !CONTROL_CHARACTER.test(text);
