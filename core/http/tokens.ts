import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { Clock } from '../runtime/clock.js';
import { StartError } from '../runtime/errors.js';
import type { Logger } from '../runtime/logger.js';
import type { Principal, Role } from './access.js';
import { type TokenTables, tokenTable } from './token-table.js';

const REMEMBERED_MS = 3_600_000;
const MAX_REMEMBERED = 1_000;
/** The database has this long to answer before a token that is remembered counts. */
const PATIENCE_MS = 2_000;

const TOKEN = /^sg_[\w-]{43}$/;

const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');

/**
 * Bearer tokens (RFC 6750). Only their SHA-256 is stored: a token has 256 random bits, so a slow hash is not needed.
 * The first start creates an admin token and writes it to a file that only this user can read. If several processes
 * start on one new database, one of them does so. If the operator sets the admin token, it is valid from this start on,
 * and no file is written.
 */
export class Tokens {
  readonly name = 'tokens';
  /** The tokens that were in use, for when the database does not answer. */
  readonly #known = new Map<string, { principal: Principal; at: number }>();

  constructor(
    private readonly db: Kysely<TokenTables>,
    private readonly firstTokenFile: string,
    private readonly log: Logger,
    private readonly clock: Clock,
    private readonly configured?: string,
  ) {}

  /** Throws StartError if the configured token has the wrong form. */
  async start(): Promise<void> {
    if (this.configured === undefined) return this.#createFirst();
    if (!TOKEN.test(this.configured))
      throw new StartError('the admin token must be "sg_" and 43 of A-Z, a-z, 0-9, "-" and "_"');
    await tokenTable.replace(this.db, this.#row('admin', 'admin', this.configured));
    this.#remember(hashOf(this.configured), { name: 'admin', role: 'admin' });
  }

  async #createFirst(): Promise<void> {
    if (await tokenTable.exists(this.db)) return;
    // If an earlier start ended between writing the file and the row, the token in the file is used.
    const token = this.#tokenInFile() ?? newToken();
    rmSync(this.firstTokenFile, { force: true });
    writeFileSync(this.firstTokenFile, `${token}\n`, { mode: 0o600, flag: 'wx' });
    if (!(await tokenTable.insertIfFree(this.db, this.#row('admin', 'admin', token)))) {
      // Another process on this database was first; its token is valid.
      rmSync(this.firstTokenFile, { force: true });
      return;
    }
    // Logged once, on purpose: the operator needs it for the first access.
    this.log.info({ file: this.firstTokenFile }, `the first admin token is ${token}`);
  }

  #tokenInFile(): string | undefined {
    if (!existsSync(this.firstTokenFile)) return undefined;
    const token = readFileSync(this.firstTokenFile, 'utf8').trim();
    return TOKEN.test(token) ? token : undefined;
  }

  /** Throws StartError if the name is in use. */
  async create(name: string, role: Role): Promise<string> {
    const token = newToken();
    if (!(await tokenTable.insertIfFree(this.db, this.#row(name, role, token))))
      throw new StartError(`a token "${name}" exists already`);
    return token;
  }

  /** Without the hashes. */
  list(): Promise<Omit<TokenTables['token'], 'hash'>[]> {
    return tokenTable.list(this.db);
  }

  /** False if there was none. Also removes the file with this token, so that the next start does not restore it. */
  async remove(name: string): Promise<boolean> {
    const isRemoved = await tokenTable.remove(this.db, name);
    const inFile = this.#tokenInFile();
    if (inFile && !(await this.verify(inFile))) rmSync(this.firstTokenFile, { force: true });
    return isRemoved;
  }

  /**
   * The owner of a token. While the database does not answer, that is who it was within the last hour: otherwise nobody
   * could read the metrics, which show why.
   */
  async verify(token: string): Promise<Principal | undefined> {
    const hash = hashOf(token);
    const known = this.#known.get(hash);
    const remembered = known && performance.now() - known.at < REMEMBERED_MS && known.principal;
    if (!remembered) return this.#find(hash);
    const found = this.#find(hash).catch(() => remembered);
    const late = delay(PATIENCE_MS, remembered, { ref: false });
    return Promise.race([found, late]);
  }

  /** Writes without changing anything: rejects if the database cannot be written. */
  async probe(): Promise<void> {
    await tokenTable.touch(this.db);
  }

  async #find(hash: string): Promise<Principal | undefined> {
    const principal = await tokenTable.findByHash(this.db, hash);
    this.#remember(hash, principal);
    return principal;
  }

  #remember(hash: string, principal: Principal | undefined): void {
    this.#known.delete(hash);
    const [oldest] = this.#known.keys();
    if (this.#known.size >= MAX_REMEMBERED && oldest !== undefined) this.#known.delete(oldest);
    if (principal) this.#known.set(hash, { principal, at: performance.now() });
  }

  #row(name: string, role: Role, token: string): TokenTables['token'] {
    return { hash: hashOf(token), name, role, created_at: this.clock() };
  }
}

const newToken = (): string => `sg_${randomBytes(32).toString('base64url')}`;
