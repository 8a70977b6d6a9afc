import { userNameSchema } from '../contract/access.js';
import { AttemptThrottle } from '../runtime/attempt-throttle.js';
import { ProblemError } from '../runtime/errors.js';
import type { AuditLog } from './audit.js';
import type { LogInOrigin, Sessions } from './sessions.js';
import type { UserRow } from './tables.js';
import type { Users } from './users.js';

/** Fewer than devices have: an account is a person's. */
const LIMITS = { free: 3, forgetMs: 30 * 60_000, ofAddress: 30 };

interface Parts {
  users: Pick<Users, 'find' | 'verify'>;
  sessions: Pick<Sessions, 'open'>;
  audit: AuditLog;
  now?: () => number;
}

/** Logins of people. An unknown user and a wrong password get the same answer after the same time. */
export class LogIns {
  readonly #throttle: AttemptThrottle;

  constructor(private readonly parts: Parts) {
    this.#throttle = new AttemptThrottle({ ...LIMITS, now: parts.now });
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
    const { users, audit } = this.parts;
    const user = await this.#verify(account, password, address);
    if (user) return user;
    // A name that nobody has may be a password in the wrong field.
    const known = (await users.find(account)) ? account : '(unknown)';
    audit.record({ action: 'log_in_refused', actor: { name: known, kind: 'user', address } });
    throw wrong();
  }

  /** An attempt counts as failed from its beginning, so that many at once are no way around the delay. */
  async #verify(account: string, password: string, address: string): Promise<UserRow | undefined> {
    const waitMs = this.#throttle.waitMs(address, account);
    if (waitMs > 0)
      throw new ProblemError('rate_limited', 'Too many logins have failed. Try again later.', {
        retryAfter: waitMs / 1_000,
      });
    this.#throttle.failed(address, account);
    let user: UserRow | undefined;
    try {
      user = await this.parts.users.verify(account, password, address);
    } catch (error) {
      // Nobody has looked at the password.
      this.#throttle.withdraw(address, account);
      throw error;
    }
    if (user) this.#throttle.succeeded(address, account);
    return user;
  }
}

const wrong = () => new ProblemError('unauthorized', 'The user or the password is wrong.');

/** As the user was added, whatever a keyboard makes of it; one account for everything that is no name. */
function accountOf(name: string): string {
  const { success, data } = userNameSchema.safeParse(name.trim().toLowerCase());
  return success ? data : '';
}
