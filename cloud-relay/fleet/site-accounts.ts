import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Account, BrokerAccounts } from '../../core/messaging/access-rules.js';
import { isSameSecret } from '../../core/runtime/same-secret.js';
import type { RelayTables } from '../store/relay-tables.js';
import { passwordHashOf } from '../store/site-table.js';
import { hashPassword, newPassword, verifyPassword } from './password-hash.js';

/** An account from the configuration: the relay's own, or one for dashboards. */
export interface FixedAccount {
  username: string;
  password: string;
  account: Account;
}

const digest = (...parts: string[]): Buffer =>
  createHash('sha256').update(JSON.stringify(parts)).digest();

const MAX_CACHED = 2_000;

/**
 * The accounts of the embedded broker: a site by its id and its password, and the fixed accounts. Valid credentials are
 * cached (as a hash, together with the stored one that they match), so that a fleet that reconnects at once does not
 * cost a tenth of a second for each site. A wrong password costs one derivation whatever the name is.
 */
export class SiteAccounts implements BrokerAccounts {
  readonly #cache = new Set<string>();
  /** Of a password that nobody has. */
  #unknown: Promise<string> | undefined;

  constructor(
    private readonly db: Kysely<RelayTables>,
    private readonly fixed: FixedAccount[],
  ) {}

  /** Only what nobody can guess: the relay's own password and those of sites, which are random. */
  async recall(username: string, password: string): Promise<Account | undefined> {
    const fixed = this.#fixed(username, password);
    if (fixed) return fixed.role === 'relay' ? fixed : undefined;
    const hash = await passwordHashOf(this.db, username);
    return hash && this.#cache.has(keyOf(password, hash))
      ? { role: 'site', site: username }
      : undefined;
  }

  async verify(username: string, password: string): Promise<Account | undefined> {
    const fixed = this.#fixed(username, password);
    if (fixed) return fixed;
    const hash = await passwordHashOf(this.db, username);
    if (!hash || this.fixed.some((f) => f.username === username)) {
      this.#unknown ??= hashPassword(newPassword());
      await verifyPassword(password, await this.#unknown);
      return undefined;
    }
    return (await this.#matches(password, hash)) ? { role: 'site', site: username } : undefined;
  }

  #fixed(username: string, password: string): Account | undefined {
    const fixed = this.fixed.find((f) => f.username === username);
    return fixed && isSameSecret(password, fixed.password) ? fixed.account : undefined;
  }

  async #matches(password: string, hash: string): Promise<boolean> {
    const key = keyOf(password, hash);
    if (this.#cache.has(key)) return true;
    if (!(await verifyPassword(password, hash))) return false;
    const [oldest] = this.#cache;
    if (this.#cache.size >= MAX_CACHED && oldest) this.#cache.delete(oldest);
    this.#cache.add(key);
    return true;
  }
}

const keyOf = (password: string, hash: string): string => digest(password, hash).toString('base64');
