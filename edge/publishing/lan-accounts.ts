import { randomBytes } from 'node:crypto';
import type { Account, BrokerAccounts } from '../../core/messaging/access-rules.js';
import { readSecret } from '../../core/runtime/configuration.js';
import { isSameSecret } from '../../core/runtime/same-secret.js';
import type { LanSettings } from './lan-settings.js';

type ConfiguredAccount = NonNullable<LanSettings['embedded']>['accounts'][number];

/** The accounts of the embedded broker: those of the configuration, and the appliance's own with a random password. */
export class LanAccounts implements BrokerAccounts {
  readonly #known = new Map<string, { password: string; account: Account }>();
  readonly own: { username: string; password: string };

  constructor(site: string, accounts: readonly ConfiguredAccount[]) {
    for (const { username, password, role } of accounts)
      this.#add(username, readSecret(password), { role });
    // The random name cannot collide with a configured user name.
    const username = `${site}:${randomBytes(8).toString('hex')}`;
    this.own = { username, password: randomBytes(24).toString('base64url') };
    this.#add(username, this.own.password, { role: 'site', site });
  }

  async verify(username: string, password: string): Promise<Account | undefined> {
    const known = this.#known.get(username);
    const isSame = isSameSecret(password, known?.password ?? NOBODY);
    return isSame ? known?.account : undefined;
  }

  /** Only the appliance's own, which nobody can guess. */
  async recall(username: string, password: string): Promise<Account | undefined> {
    return username === this.own.username ? this.verify(username, password) : undefined;
  }

  #add(username: string, password: string, account: Account): void {
    this.#known.set(username, { password, account });
  }
}

/** Compared with for an unknown name, so that it takes as long as a known one. */
const NOBODY = randomBytes(32).toString('base64url');
