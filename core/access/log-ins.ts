import { userNameSchema } from '../contract/access.js';
import { networkOf } from '../http/guards.js';
import { ProblemError } from '../runtime/errors.js';
import type { AuditLog } from './audit.js';
import { LogInLimit } from './log-in-limit.js';
import type { LogInOrigin, Sessions } from './sessions.js';
import type { UserRow } from './tables.js';
import type { Users } from './users.js';

interface Parts {
  users: Users;
  sessions: Sessions;
  audit: AuditLog;
  limit?: LogInLimit;
}

/** Log-ins of people. An unknown user and a wrong password get the same answer after the same time. */
export class LogIns {
  readonly #limit: LogInLimit;

  constructor(private readonly parts: Parts) {
    this.#limit = parts.limit ?? new LogInLimit();
  }

  /** Resolves with the secret of a new session. Throws `unauthorized` or `rate_limited`. */
  async logIn(
    name: string,
    password: string,
    origin: LogInOrigin,
  ): Promise<{ secret: string; user: UserRow }> {
    const { sessions, audit } = this.parts;
    const user = await this.confirm(name, password, origin.address);
    const secret = await sessions.open(user, origin);
    if (secret === undefined) throw wrong();
    const actor = { name: user.name, kind: 'user', address: origin.address } as const;
    audit.record({ action: 'log_in', actor });
    return { secret, user };
  }

  /** The user with this password. Throws `unauthorized` or `rate_limited`. */
  async confirm(name: string, password: string, address: string): Promise<UserRow> {
    const account = accountOf(name);
    this.#limit.attempt(address, account);
    const { users, audit } = this.parts;
    const user = await users.verify(account, password, networkOf(address));
    if (user) {
      this.#limit.succeeded(address, account);
      return user;
    }
    // A name that nobody has may be a password in the wrong field.
    const known = (await users.find(account)) ? account : '(unknown)';
    audit.record({ action: 'log_in_refused', actor: { name: known, kind: 'user', address } });
    throw wrong();
  }
}

const wrong = () => new ProblemError('unauthorized', 'The user or the password is wrong.');

/** As the user was added, whatever a keyboard makes of it; one account for everything that is no name. */
function accountOf(name: string): string {
  const { success, data } = userNameSchema.safeParse(name.trim().toLowerCase());
  return success ? data : '';
}
