import { createHash, timingSafeEqual } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Account, BrokerAccounts } from '../../core/messaging/access-rules.js';
import type { RelayTables } from '../store/relay-tables.js';
import { passwordHashOf } from '../store/site-table.js';
import { verifyPassword } from './password-hash.js';

/** An account from the configuration: the relay's own, or one for dashboards. */
export interface FixedAccount {
  username: string;
  password: string;
  account: Account;
}

const digest = (...parts: string[]): Buffer =>
  createHash('sha256').update(JSON.stringify(parts)).digest();

/** Checks that run at once; further clients are refused and try again later. */
const MAX_CHECKS = 16;
const MAX_CACHED = 2_000;

/**
 * The accounts of the embedded broker: a site by its id and its password, and the fixed accounts. Valid credentials are
 * cached (as a hash, together with the stored one that they match), so that a fleet that reconnects at once does not
 * cost a tenth of a second for each site.
 */
export class SiteAccounts implements BrokerAccounts {
  readonly #cache = new Set<string>();
  #checks = 0;

  constructor(
    private readonly db: Kysely<RelayTables>,
    private readonly fixed: FixedAccount[],
  ) {}

  async verify(username: string, password: string): Promise<Account | undefined> {
    const fixed = this.fixed.find((f) => f.username === username);
    if (fixed) {
      const same = timingSafeEqual(digest(password), digest(fixed.password));
      return same ? fixed.account : undefined;
    }
    const hash = await passwordHashOf(this.db, username);
    if (!hash || !(await this.#matches(password, hash))) return undefined;
    return { role: 'site', site: username };
  }

  async #matches(password: string, hash: string): Promise<boolean> {
    const key = digest(password, hash).toString('base64');
    if (this.#cache.has(key)) return true;
    if (this.#checks >= MAX_CHECKS) return false;
    this.#checks++;
    try {
      if (!(await verifyPassword(password, hash))) return false;
    } finally {
      this.#checks--;
    }
    const [oldest] = this.#cache;
    if (this.#cache.size >= MAX_CACHED && oldest) this.#cache.delete(oldest);
    this.#cache.add(key);
    return true;
  }
}
