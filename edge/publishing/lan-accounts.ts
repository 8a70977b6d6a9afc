import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Account, BrokerAccounts } from '../../core/messaging/access-rules.js';
import { readSecret } from '../../core/runtime/configuration.js';
import type { LanSettings } from './lan-settings.js';

type ConfiguredAccount = NonNullable<LanSettings['embedded']>['accounts'][number];

/** The accounts of the embedded broker: those of the configuration, and the appliance's own with a random password. */
export class LanAccounts implements BrokerAccounts {
  readonly #known = new Map<string, { digest: Buffer; account: Account }>();
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
    return known && timingSafeEqual(known.digest, digestOf(password)) ? known.account : undefined;
  }

  #add(username: string, password: string, account: Account): void {
    this.#known.set(username, { digest: digestOf(password), account });
  }
}

/** Digests have one length, which a constant-time comparison needs. */
const digestOf = (password: string) => createHash('sha256').update(password).digest();
