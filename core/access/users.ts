import { MAX_PASSWORD_LENGTH, type Role, userNameSchema } from '../contract/access.js';
import { addressGroup } from '../runtime/address-group.js';
import type { Clock } from '../runtime/clock.js';
import { ProblemError } from '../runtime/errors.js';
import { keepingAnAdministrator } from './administrators.js';
import type { PasswordHasher } from './password-hash.js';
import { passwordFault } from './password-rule.js';
import { sessionTable } from './session-table.js';
import type { AccessDb, AccessTransaction, UserRow } from './tables.js';
import { userTable } from './user-table.js';

export interface UserOptions {
  db: AccessDb;
  hasher: PasswordHasher;
  clock: Clock;
  /** Words that no password may contain, e.g. the name of the site. */
  names: readonly string[];
  /** Called with the hashes of sessions that have ended. */
  onEnded?: (hashes: string[]) => void;
}

/** Whose turn it is in the queue of passwords, if the request has no address: an operator at the command line. */
const OPERATOR = 'operator';

/** They are listed in one answer. */
export const MAX_USERS = 1_000;

/**
 * The people who may log in. Their passwords are hashed with argon2id. A change of the password or the role, and the
 * removal of a user, end the user's sessions in the same transaction.
 */
export class Users {
  constructor(private readonly options: UserOptions) {}

  /** Throws `invalid_parameter`, `password_refused` or `conflict`. Each network has a share of the queue of passwords. */
  async create(name: string, role: Role, password: string, address?: string): Promise<void> {
    const { error } = userNameSchema.safeParse(name);
    const message = error?.issues[0]?.message;
    if (message)
      throw new ProblemError('invalid_parameter', `The name of the user: ${message}.`, {
        errors: [{ path: 'name', message }],
      });
    const { db, clock } = this.options;
    if ((await userTable.count(db)) >= MAX_USERS)
      throw new ProblemError('conflict', `There are ${MAX_USERS} users. Remove one first.`);
    const now = clock();
    const password_hash = await this.#hash(name, password, address);
    const row = { name, role, password_hash, created_at: now, password_at: now };
    if (!(await userTable.insertIfFree(db, row)))
      throw new ProblemError('conflict', `A user "${name}" exists already.`);
  }

  list(): Promise<Omit<UserRow, 'password_hash'>[]> {
    return userTable.list(this.options.db);
  }

  find(name: string): Promise<UserRow | undefined> {
    return userTable.find(this.options.db, name);
  }

  /** Whether anyone can log in. */
  async exist(): Promise<boolean> {
    return (await userTable.count(this.options.db)) > 0;
  }

  /** The user, if the password is right. It takes as long if there is no such user. Throws `rate_limited`. */
  async verify(name: string, password: string, address?: string): Promise<UserRow | undefined> {
    const { db, hasher } = this.options;
    const user = await userTable.find(db, name);
    const isPossible = password.length <= 2 * MAX_PASSWORD_LENGTH;
    const isRight = await hasher.verify(
      user?.password_hash,
      isPossible ? password : '',
      callerAt(address),
    );
    if (!user || !isRight || !isPossible) return undefined;
    return user;
  }

  /** Throws `password_refused` or `not_found`. */
  async setPassword(name: string, password: string, address?: string): Promise<void> {
    await this.require(name);
    const password_hash = await this.#hash(name, password, address);
    const change = { password_hash, password_at: this.options.clock() };
    await this.#change(name, true, (transaction) => userTable.update(transaction, name, change));
  }

  /** Throws `not_found`, or `last_administrator` unless `force`. */
  async setRole(name: string, role: Role, { force = false } = {}): Promise<void> {
    await this.#change(name, force, (transaction) => userTable.update(transaction, name, { role }));
  }

  /** Throws `not_found`, or `last_administrator` unless `force`. */
  async remove(name: string, { force = false } = {}): Promise<void> {
    await this.#change(name, force, (transaction) => userTable.remove(transaction, name));
  }

  /** Changes a user, and ends the user's sessions with it. */
  async #change(
    name: string,
    force: boolean,
    work: (transaction: AccessTransaction) => Promise<boolean>,
  ): Promise<void> {
    const { db, clock } = this.options;
    const change = async (transaction: AccessTransaction) => {
      if (!(await work(transaction))) throw unknown(name);
      const open = await sessionTable.list(transaction, name);
      await sessionTable.removeOfUser(transaction, name);
      return open.map(({ hash }) => hash);
    };
    const ended = force
      ? await db.transaction().execute(change)
      : await keepingAnAdministrator(db, clock(), change);
    this.options.onEnded?.(ended);
  }

  /** Throws `not_found`. */
  async require(name: string): Promise<void> {
    if (!(await userTable.find(this.options.db, name))) throw unknown(name);
  }

  async #hash(name: string, password: string, address: string | undefined): Promise<string> {
    const fault = await passwordFault(password, [name, ...this.options.names]);
    if (fault)
      throw new ProblemError('password_refused', `The password ${fault}.`, {
        errors: [{ path: 'password', message: fault }],
      });
    return this.options.hasher.hash(password, callerAt(address));
  }
}

const callerAt = (address: string | undefined): string =>
  address === undefined ? OPERATOR : addressGroup(address);

const unknown = (name: string) => new ProblemError('not_found', `There is no user "${name}".`);
