import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Kysely } from 'kysely';
import type { Clock } from '../runtime/clock.js';
import { StartError } from '../runtime/errors.js';
import type { Logger } from '../runtime/logger.js';
import type { Principal, Role } from './access.js';
import { type TokenTables, tokenTable } from './token-table.js';

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

  async verify(token: string): Promise<Principal | undefined> {
    return tokenTable.findByHash(this.db, hashOf(token));
  }

  #row(name: string, role: Role, token: string): TokenTables['token'] {
    return { hash: hashOf(token), name, role, created_at: this.clock() };
  }
}

const newToken = (): string => `sg_${randomBytes(32).toString('base64url')}`;
