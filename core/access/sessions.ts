import { createHash, randomBytes } from 'node:crypto';
import type { Principal } from '../http/access.js';
import type { Clock } from '../runtime/clock.js';
import { type ClockEras, noEras, nowFor } from '../runtime/clock-eras.js';
import { messageOf } from '../runtime/errors.js';
import type { Logger } from '../runtime/logger.js';
import { sessionTable } from './session-table.js';
import type { AccessDb, SessionRow, UserRow } from './tables.js';
import { userTable } from './user-table.js';

export interface SessionLimits {
  /** A session ends if it is not used for so long. */
  idleMs: number;
  /** A session ends so long after the login. */
  absoluteMs: number;
}

export interface SessionOptions {
  db: AccessDb;
  limits: SessionLimits;
  log: Logger;
  clock: Clock;
  /** The clocks of sites jump: an age is counted by the time that has passed. */
  eras?: ClockEras;
  /** Called with the hashes of sessions that have ended. */
  onEnded?: (hashes: string[]) => void;
}

/** Where a login comes from. */
export interface LogInOrigin {
  address: string;
  agent: string;
}

const MAX_PER_USER = 16;
const MAX_SESSIONS = 1_000;
const TOUCH_EVERY_MS = 60_000;
const SECRET = /^[\w-]{43}$/;
const MAX_AGENT = 120;
/** The clocks of relays on one database differ by less. */
const SKEW_MS = 5 * 60_000;

export const sessionHashOf = (secret: string) => createHash('sha256').update(secret).digest('hex');

/**
 * The sessions of browsers. Only the SHA-256 of a session's secret is stored: it has 256 random bits. A user has at most
 * 16 sessions, and all users together 1,000; those that were not used for longest end first.
 */
export class Sessions {
  constructor(private readonly options: SessionOptions) {}

  /**
   * Resolves with the secret of a new session; undefined if the password was changed, or the user removed, since the user
   * was read: the check of a password takes time.
   */
  async open(
    { name, password_hash }: Pick<UserRow, 'name' | 'password_hash'>,
    { address, agent }: LogInOrigin,
  ): Promise<string | undefined> {
    const { db, clock } = this.options;
    await this.#makeRoom(name);
    const secret = randomBytes(32).toString('base64url');
    const now = clock();
    return db.transaction().execute(async (transaction) => {
      if (!(await userTable.stillHas(transaction, name, password_hash))) return undefined;
      await sessionTable.insert(transaction, {
        id: randomBytes(9).toString('base64url'),
        hash: sessionHashOf(secret),
        user_name: name,
        created_at: now,
        used_at: now,
        address,
        agent: agent.slice(0, MAX_AGENT),
      });
      return secret;
    });
  }

  /** The user of a session; undefined if the session is unknown or has ended. */
  async verify(secret: string): Promise<Principal | undefined> {
    if (!SECRET.test(secret)) return undefined;
    const hash = sessionHashOf(secret);
    const row = await this.#live(hash);
    if (!row) return undefined;
    await this.#touch(row);
    return { name: row.user_name, role: row.role, kind: 'user', credential: `session:${hash}` };
  }

  /** Whether a session still is good. */
  async isLive(hash: string): Promise<boolean> {
    return (await this.#live(hash)) !== undefined;
  }

  /** Those that have not ended, of one user or of all; the most recently used first. */
  async list(user?: string): Promise<SessionRow[]> {
    return (await sessionTable.list(this.options.db, user)).filter((row) => !this.#isOver(row));
  }

  /** Resolves with whose it was; undefined if there is none with this id, or it is not of `user`. */
  async end(id: string, user?: string): Promise<string | undefined> {
    const rows = await sessionTable.list(this.options.db, user);
    const row = rows.find((some) => some.id === id);
    if (row) await this.#remove([row]);
    return row?.user_name;
  }

  async endBySecret(secret: string): Promise<boolean> {
    const hash = sessionHashOf(secret);
    const count = await sessionTable.removeByHash(this.options.db, hash);
    this.options.onEnded?.([hash]);
    return count > 0;
  }

  /** All sessions of a user. Resolves with how many there were. */
  async endAllOf(user: string): Promise<number> {
    const rows = await sessionTable.list(this.options.db, user);
    await this.#remove(rows);
    return rows.length;
  }

  /** The sessions of all users, e.g. after a backup was restored. */
  async endAll(): Promise<number> {
    const rows = await sessionTable.list(this.options.db);
    await sessionTable.removeAll(this.options.db);
    this.options.onEnded?.(rows.map(({ hash }) => hash));
    return rows.length;
  }

  async #live(hash: string) {
    const row = await sessionTable.findByHash(this.options.db, hash);
    if (!row) return undefined;
    if (!this.#isOver(row)) return row;
    await this.#remove([row]);
    return undefined;
  }

  #isOver({ created_at, used_at }: SessionRow): boolean {
    const { idleMs, absoluteMs } = this.options.limits;
    const ages = [this.#age(created_at), this.#age(used_at)] as const;
    // A time in the future is not of a clock that this program has had.
    return ages[0] >= absoluteMs || ages[1] >= idleMs || ages.some((age) => age < -SKEW_MS);
  }

  #age(at: number): number {
    const { clock, eras = noEras } = this.options;
    return nowFor(at, clock(), eras()) - at;
  }

  /** Never rejects: on a full disk, people still have to see what is wrong. */
  async #touch({ hash, used_at }: SessionRow): Promise<void> {
    const { db, clock, log } = this.options;
    const now = clock();
    if (Math.abs(now - used_at) < TOUCH_EVERY_MS) return;
    try {
      await sessionTable.touch(db, hash, now);
    } catch (error) {
      log.debug({ error: messageOf(error) }, 'the use of a session was not noted');
    }
  }

  /** Removes sessions that are over, and those that were not used for longest if there are too many. */
  async #makeRoom(user: string): Promise<void> {
    const rows = await sessionTable.list(this.options.db);
    const over = rows.filter((row) => this.#isOver(row));
    const live = rows.filter((row) => !over.includes(row));
    const own = live.filter(({ user_name }) => user_name === user).slice(MAX_PER_USER - 1);
    const others = live.filter((row) => !own.includes(row)).slice(MAX_SESSIONS - 1);
    await this.#remove([...over, ...own, ...others]);
  }

  async #remove(rows: SessionRow[]): Promise<void> {
    if (rows.length === 0) return;
    await sessionTable.removeByIds(
      this.options.db,
      rows.map(({ id }) => id),
    );
    this.options.onEnded?.(rows.map(({ hash }) => hash));
  }
}
