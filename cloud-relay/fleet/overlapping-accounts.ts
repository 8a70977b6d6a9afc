import type { Kysely } from 'kysely';
import type { Account } from '../../core/messaging/access-rules.js';
import type { Clock } from '../../core/runtime/clock.js';
import { credentialTable } from '../store/enrolment-table.js';
import type { RelayTables } from '../store/relay-tables.js';
import { passwordHashOf } from '../store/site-table.js';
import { verifyPassword } from './password-hash.js';
import { type FixedAccount, SiteAccounts } from './site-accounts.js';

/** The accounts of the embedded broker, where the former password of a site is good for a while after a rotation. */
export class OverlappingAccounts extends SiteAccounts {
  constructor(
    private readonly tables: Kysely<RelayTables>,
    fixed: FixedAccount[],
    private readonly clock: Clock,
  ) {
    super(tables, fixed);
  }

  override async verify(username: string, password: string): Promise<Account | undefined> {
    const account = await super.verify(username, password);
    return (
      account ??
      ((await this.#isFormer(username, password)) ? { role: 'site', site: username } : undefined)
    );
  }

  async #isFormer(site: string, password: string): Promise<boolean> {
    const row = await credentialTable.find(this.tables, site);
    if (!row?.previous_hash || Number(row.previous_until) <= this.clock()) return false;
    // Any other change of the password ends the former one as well.
    if ((await passwordHashOf(this.tables, site)) !== row.current_hash) return false;
    return verifyPassword(password, row.previous_hash);
  }
}
