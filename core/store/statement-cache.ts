import type Sqlite from 'better-sqlite3';
import type { SqliteDatabase, SqliteStatement } from 'kysely';
import { type OnDamage, watched } from './damage.js';
import type { StatementTimer } from './statement-timer.js';

const MAX_STATEMENTS = 128;
/** Longer ones are inserts of many rows; each number of rows is a different statement, and few are used twice. */
const MAX_LENGTH = 2_000;

/**
 * A database whose statements are prepared once: Kysely prepares each query every time, which takes longer than running
 * most of them. Keeps the 128 used last. A statement cannot run twice at once, so `stream` must not be used.
 */
export class StatementCache implements SqliteDatabase {
  readonly #statements = new Map<string, SqliteStatement>();

  /** `onDamage` is called for each statement that finds the database damaged. */
  constructor(
    private readonly database: Sqlite.Database,
    private readonly onDamage?: OnDamage,
    private readonly timer?: StatementTimer,
  ) {}

  prepare(text: string): SqliteStatement {
    const known = this.#statements.get(text);
    const statement = known ?? this.#compile(text);
    if (text.length > MAX_LENGTH) return statement;
    // A map keeps the order of insertion: the first is the least recently used.
    if (known) this.#statements.delete(text);
    else if (this.#statements.size >= MAX_STATEMENTS) this.#forgetOldest();
    this.#statements.set(text, statement);
    return statement;
  }

  close(): void {
    this.#statements.clear();
    this.database.close();
  }

  #compile(text: string): SqliteStatement {
    const { onDamage } = this;
    const prepare = () => this.database.prepare<unknown[]>(text) as SqliteStatement;
    const statement = watched(onDamage, prepare);
    if (!onDamage && !this.timer) return statement;
    return {
      reader: statement.reader,
      all: (parameters) => this.#run(text, () => statement.all(parameters)),
      run: (parameters) => this.#run(text, () => statement.run(parameters)),
      iterate: (parameters) => statement.iterate(parameters),
    };
  }

  #run<T>(text: string, work: () => T): T {
    const watch = () => watched(this.onDamage, work);
    return this.timer ? this.timer.time(text, watch) : watch();
  }

  #forgetOldest(): void {
    const [oldest] = this.#statements.keys();
    if (oldest !== undefined) this.#statements.delete(oldest);
  }
}
