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
 * Bearer tokens (RFC 6750). Only their SHA-256 is stored: a token has 256 random bits, so a slow hash would
 * add nothing. The first start makes an admin token and writes it to a file that only this user can read; of several
 * processes that make their first start on one database at once, one does. Where the operator gives the admin token,
 * that one is in force from this start on, and no file is written.
 */
export class Tokens {
  readonly name = 'tokens';

  constructor(
    private readonly db: Kysely<TokenTables>,
    private readonly firstTokenFile: string,
    private readonly log: Logger,
    private readonly clock: Clock,
    private readonly given?: string,
  ) {}

  /** Throws StartError where the given token is none. */
  async start(): Promise<void> {
    if (this.given === undefined) return this.#makeFirst();
    if (!TOKEN.test(this.given))
      throw new StartError('the admin token must be "sg_" and 43 of A-Z, a-z, 0-9, "-" and "_"');
    await tokenTable.replace(this.db, this.#row('admin', 'admin', this.given));
  }

  async #makeFirst(): Promise<void> {
    if (await tokenTable.exists(this.db)) return;
    // A start that died between writing the file and the row is finished with the token in the file.
    const token = this.#tokenInFile() ?? newToken();
    rmSync(this.firstTokenFile, { force: true });
    writeFileSync(this.firstTokenFile, `${token}\n`, { mode: 0o600, flag: 'wx' });
    if (!(await tokenTable.insertIfFree(this.db, this.#row('admin', 'admin', token)))) {
      // Another process on this database was first, and its file has the token that counts.
      rmSync(this.firstTokenFile, { force: true });
      return;
    }
    // Printed once, on purpose: this is how the first person gets in.
    this.log.info({ file: this.firstTokenFile }, `the first admin token is ${token}`);
  }

  #tokenInFile(): string | undefined {
    if (!existsSync(this.firstTokenFile)) return undefined;
    const token = readFileSync(this.firstTokenFile, 'utf8').trim();
    return TOKEN.test(token) ? token : undefined;
  }

  /** Throws StartError where the name is taken. */
  async create(name: string, role: Role): Promise<string> {
    const token = newToken();
    if (!(await tokenTable.insertIfFree(this.db, this.#row(name, role, token))))
      throw new StartError(`there is a token "${name}"`);
    return token;
  }

  /** Without what could be used to get in. */
  list(): Promise<Omit<TokenTables['token'], 'hash'>[]> {
    return tokenTable.list(this.db);
  }

  /** False where there was none. A file with the token that is removed goes too: the next start must not bring it back. */
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
