import { setTimeout as sleep } from 'node:timers/promises';
import { credentialsSchema } from '../../core/contract/enrolment.js';
import { messageOf } from '../../core/runtime/errors.js';
import type { Restart, Service } from '../../core/runtime/lifecycle.js';
import { LogThrottle } from '../../core/runtime/log-throttle.js';
import type { Logger } from '../../core/runtime/logger.js';
import { newSitePassword } from './enrol.js';
import { type RelayAccount, RelayAccountFiles } from './relay-account.js';
import { postToRelay } from './relay-client.js';

export interface AccountKeeperOptions {
  dataFolder: string;
  site: string;
  /** What the other parts were built with. */
  used: RelayAccount | undefined;
  /** False if the configuration has an account of its own, which comes first. */
  isUsed: boolean;
  log: Logger;
  /** How often the file of the account is looked at. */
  lookMs?: number;
  /** How often the relay is asked whether the password is to change. */
  askMs?: number;
}

const LOOK_MS = 1_000;
const ASK_MS = 60_000;
const LOG_EVERY_MS = 3_600_000;

/**
 * Keeps the account at the relay. A new one, e.g. by the command `enrol` beside the service, is used after a restart of
 * all services in the same process. The relay is asked whether the password is to change; the connection to the broker
 * stays, and its next one uses the new password.
 */
export class AccountKeeper implements Service {
  readonly name = 'relay account';
  readonly #files: RelayAccountFiles;
  readonly #stopping = new AbortController();
  readonly #throttle = new LogThrottle(LOG_EVERY_MS);
  readonly restart: Restart;
  #restartNow: () => void = () => undefined;
  #reason: string | undefined;
  #running: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: AccountKeeperOptions) {
    this.#files = new RelayAccountFiles(options.dataFolder);
    const due = new Promise<void>((resolve) => {
      this.#restartNow = resolve;
    });
    const keeper = this;
    this.restart = {
      due,
      get reason() {
        return keeper.#reason;
      },
    };
  }

  get isUsed(): boolean {
    return this.options.isUsed;
  }

  /** The account that is used; undefined if there is none. */
  account(): RelayAccount | undefined {
    const { isUsed, site } = this.options;
    const account = isUsed ? this.#files.read() : undefined;
    return account?.site === site ? account : undefined;
  }

  async start(): Promise<void> {
    if (!this.options.isUsed) return;
    this.#running = Promise.all([this.#look(placeOf(this.options.used)), this.#ask()]);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** Ends with a restart as soon as the account leads to another place. */
  async #look(known: string): Promise<void> {
    while (await this.#pause(this.options.lookMs ?? LOOK_MS)) {
      const account = this.#read();
      if (account === 'unreadable' || placeOf(account) === known) continue;
      // Of another site, it is not used.
      if (account === undefined && known === '') continue;
      this.#reason = 'the appliance was enrolled at a relay';
      this.#restartNow();
      return;
    }
  }

  async #ask(): Promise<void> {
    do {
      const account = this.#read();
      if (account === undefined || account === 'unreadable') continue;
      try {
        await this.#refresh(account);
      } catch (error) {
        if (this.#throttle.isDue(''))
          this.options.log.warn(
            { relay: account.relay.address, error: messageOf(error) },
            'the relay cannot be asked whether the password is to change',
          );
      }
      // Sites that started together ask one after the other.
    } while (await this.#pause((this.options.askMs ?? ASK_MS) * (0.75 + Math.random() / 4)));
  }

  /** The next password is stored before the relay gets it, so that neither a crash nor a lost answer locks the site out. */
  async #refresh(account: RelayAccount): Promise<void> {
    const password = this.#files.password();
    let { next } = account;
    if (next === undefined) {
      const { rotate } = await this.#post(account, { password });
      if (!rotate || !this.#isCurrent(account, password)) return;
      next = newSitePassword();
      this.#files.write({ ...account, next }, password);
    }
    const { mqtt } = await this.#post(account, { password, next });
    if (!this.#isCurrent(account, password)) return;
    const { next: _, ...settled } = account;
    this.#files.write({ ...settled, mqtt: { ...account.mqtt, username: mqtt.username } }, next);
    this.options.log.info(
      { relay: account.relay.address },
      'the password at the relay was changed',
    );
  }

  /** False if the command `enrol` replaced the account while the relay answered. */
  #isCurrent(account: RelayAccount, password: string): boolean {
    const now = this.#read();
    if (now === 'unreadable' || placeOf(now) !== placeOf(account)) return false;
    return this.#files.password() === password;
  }

  #post({ relay, site }: RelayAccount, body: { password: string; next?: string }) {
    return postToRelay(relay, `/api/v1/sites/${site}/credentials`, body, credentialsSchema);
  }

  #read(): RelayAccount | undefined | 'unreadable' {
    try {
      return this.account();
    } catch {
      return 'unreadable';
    }
  }

  /** False once the service stops. */
  #pause(ms: number): Promise<boolean> {
    const { signal } = this.#stopping;
    return sleep(ms, undefined, { signal, ref: false }).then(
      () => true,
      () => false,
    );
  }
}

/** What a restart is due for if it changes: not the password alone. */
const placeOf = (account: RelayAccount | undefined): string =>
  account === undefined ? '' : JSON.stringify([account.site, account.relay, account.mqtt]);
