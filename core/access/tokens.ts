import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Role } from '../contract/access.js';
import type { Principal } from '../http/access.js';
import type { Clock } from '../runtime/clock.js';
import { type ClockEras, noEras, nowFor } from '../runtime/clock-eras.js';
import { messageOf, ProblemError, StartError } from '../runtime/errors.js';
import type { Logger } from '../runtime/logger.js';
import { keepingAnAdministrator } from './administrators.js';
import type { AccessDb, TokenRow } from './tables.js';
import { tokenTable } from './token-table.js';
import { userTable } from './user-table.js';

const REMEMBERED_MS = 3_600_000;
const MAX_REMEMBERED = 1_000;
/** The database has this long to answer before a token that is remembered counts. */
const PATIENCE_MS = 2_000;
/** How often the use of a token is written. */
const USED_EVERY_MS = 60_000;

/** Cameras that one token can name. */
export const MAX_SCOPE = 64;
/** They are listed in one answer. */
export const MAX_TOKENS = 1_000;

const TOKEN = /^sg_[\w-]{43}$/;

const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');

export interface TokenOptions {
  db: AccessDb;
  /** Where the first token is written. */
  firstTokenFile: string;
  log: Logger;
  clock: Clock;
  /** The clocks of sites jump: a token expires by the time that has passed. */
  eras?: ClockEras;
  /** The admin token, if the operator has set it. */
  configured?: string | undefined;
  /** Called with the hash of a token that was removed. */
  onEnded?: (hash: string) => void;
}

/** What a token is good for, beyond its role. */
export interface TokenTerms {
  /** Only these cameras. */
  cameras?: readonly string[] | undefined;
  /** Milliseconds from now. */
  lifetimeMs?: number | undefined;
}

/**
 * Bearer tokens (RFC 6750). Only their SHA-256 is stored: a token has 256 random bits, so a slow hash is not needed.
 * The first start creates an admin token and writes it to a file that only this user can read. If several processes
 * start on one new database, one of them does so. If the operator sets the admin token, it is valid from this start on,
 * and no file is written.
 */
export class Tokens {
  readonly name = 'tokens';
  /** The tokens that were in use, for when the database does not answer. */
  readonly #known = new Map<string, { row: TokenRow; at: number }>();
  /** When the use of a token was written last, by the monotonic clock. */
  readonly #written = new Map<string, number>();

  constructor(private readonly options: TokenOptions) {}

  get #db() {
    return this.options.db;
  }

  /** Throws StartError if the configured token has the wrong form. */
  async start(): Promise<void> {
    const { configured } = this.options;
    if (configured === undefined) return this.#createFirst();
    if (!TOKEN.test(configured))
      throw new StartError('the admin token must be "sg_" and 43 of A-Z, a-z, 0-9, "-" and "_"');
    const row = this.#row('admin', 'admin', configured);
    await tokenTable.replace(this.#db, row);
    this.#remember(row.hash, row);
  }

  async #createFirst(): Promise<void> {
    const isAdministered = (await userTable.countAdmins(this.#db)) > 0;
    if (isAdministered || (await tokenTable.exists(this.#db))) return;
    const { firstTokenFile: file, log } = this.options;
    // If an earlier start ended between writing the file and the row, the token in the file is used.
    const token = this.#tokenInFile() ?? newToken();
    rmSync(file, { force: true });
    writeFileSync(file, `${token}\n`, { mode: 0o600, flag: 'wx' });
    if (!(await tokenTable.insertIfFree(this.#db, this.#row('admin', 'admin', token)))) {
      // Another process on this database was first; its token is valid.
      rmSync(file, { force: true });
      return;
    }
    // Not the token itself: logs are kept, forwarded, and read by more people than the file.
    log.info({ file }, `first admin token created; to read it: cat ${file}`);
  }

  #tokenInFile(): string | undefined {
    const { firstTokenFile: file } = this.options;
    if (!existsSync(file)) return undefined;
    const token = readFileSync(file, 'utf8').trim();
    return TOKEN.test(token) ? token : undefined;
  }

  /** Throws `conflict` if the name is in use. */
  async create(name: string, role: Role, terms: TokenTerms = {}): Promise<string> {
    if ((await tokenTable.count(this.#db)) >= MAX_TOKENS)
      throw new ProblemError('conflict', `there are ${MAX_TOKENS} tokens; remove one first`);
    const token = newToken();
    if (!(await tokenTable.insertIfFree(this.#db, this.#row(name, role, token, terms))))
      throw new ProblemError('conflict', `a token "${name}" exists already`);
    return token;
  }

  /** Without the hashes. */
  list(): Promise<Omit<TokenRow, 'hash'>[]> {
    return tokenTable.list(this.#db);
  }

  /**
   * False if there was none. Also removes the file with this token, so that the next start does not restore it. Throws
   * `last_administrator` unless `force`.
   */
  async remove(name: string, { force = false } = {}): Promise<boolean> {
    const row = await tokenTable.findByName(this.#db, name);
    const isRemoved = force
      ? await tokenTable.remove(this.#db, name)
      : await keepingAnAdministrator(this.#db, this.options.clock(), (transaction) =>
          tokenTable.remove(transaction, name),
        );
    if (row) {
      this.#known.delete(row.hash);
      this.options.onEnded?.(row.hash);
    }
    const inFile = this.#tokenInFile();
    if (inFile && !(await this.verify(inFile)))
      rmSync(this.options.firstTokenFile, { force: true });
    return isRemoved;
  }

  /**
   * The owner of a token. While the database does not answer, that is who it was within the last hour: otherwise nobody
   * could read the metrics, which show why.
   */
  async verify(token: string): Promise<Principal | undefined> {
    const hash = hashOf(token);
    const row = await this.#current(hash);
    if (!row || this.#hasExpired(row)) return undefined;
    this.#noteUse(row);
    return principalOf(row);
  }

  /** Whether a token is good, by its hash. */
  async isLive(hash: string): Promise<boolean> {
    const row = await this.#current(hash);
    return row !== undefined && !this.#hasExpired(row);
  }

  /** Writes without changing anything: rejects if the database cannot be written. */
  async probe(): Promise<void> {
    await tokenTable.touch(this.#db);
  }

  async #current(hash: string): Promise<TokenRow | undefined> {
    const known = this.#known.get(hash);
    const remembered =
      known && performance.now() - known.at < REMEMBERED_MS ? known.row : undefined;
    if (!remembered) return this.#find(hash);
    const found = this.#find(hash).catch(() => remembered);
    const late = delay(PATIENCE_MS, remembered, { ref: false });
    return Promise.race([found, late]);
  }

  async #find(hash: string): Promise<TokenRow | undefined> {
    const row = await tokenTable.findByHash(this.#db, hash);
    this.#remember(hash, row);
    return row;
  }

  #remember(hash: string, row: TokenRow | undefined): void {
    this.#known.delete(hash);
    dropOldest(this.#known);
    if (row) this.#known.set(hash, { row, at: performance.now() });
  }

  #hasExpired({ created_at, expires_at }: TokenRow): boolean {
    if (expires_at === null) return false;
    const { clock, eras = noEras } = this.options;
    const now = nowFor(created_at, clock(), eras());
    return now >= expires_at;
  }

  /** At most once a minute, and without a delay for the caller. */
  #noteUse({ hash }: TokenRow): void {
    const now = performance.now();
    const written = this.#written.get(hash);
    if (written !== undefined && now - written < USED_EVERY_MS) return;
    this.#written.delete(hash);
    dropOldest(this.#written);
    this.#written.set(hash, now);
    tokenTable.used(this.#db, hash, this.options.clock()).catch((error: unknown) => {
      this.options.log.debug({ error: messageOf(error) }, 'the use of a token was not noted');
    });
  }

  #row(name: string, role: Role, token: string, terms: TokenTerms = {}): TokenRow {
    const now = this.options.clock();
    return {
      hash: hashOf(token),
      name,
      role,
      created_at: now,
      cameras: terms.cameras ? JSON.stringify(terms.cameras) : null,
      expires_at: terms.lifetimeMs === undefined ? null : now + terms.lifetimeMs,
      last_used_at: null,
    };
  }
}

function dropOldest<T>(entries: Map<string, T>): void {
  const [oldest] = entries.keys();
  if (entries.size >= MAX_REMEMBERED && oldest !== undefined) entries.delete(oldest);
}

const principalOf = ({ hash, name, role, cameras }: TokenRow): Principal => ({
  name,
  role,
  kind: 'token',
  credential: `token:${hash}`,
  ...(cameras !== null && { cameras: camerasIn(cameras) }),
});

/** The cameras of a token's row; none if damage has made them unreadable. */
export function camerasIn(text: string): string[] {
  try {
    const names: unknown = JSON.parse(text);
    return Array.isArray(names) ? names.map(String) : [];
  } catch {
    return [];
  }
}

const newToken = (): string => `sg_${randomBytes(32).toString('base64url')}`;
