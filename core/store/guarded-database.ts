import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type Sqlite from 'better-sqlite3';
import { type Clock, systemClock } from '../runtime/clock.js';
import { messageOf, StartError } from '../runtime/errors.js';
import type { Restart } from '../runtime/lifecycle.js';
import type { Logger } from '../runtime/logger.js';
import { Checkpointer } from './checkpointer.js';
import { isDamage } from './damage.js';
import { type OpenedSqlite, openDatabase } from './database.js';
import { finishReplacement, readIfPresent, writeWhole } from './database-files.js';
import { QuickCheck } from './quick-check.js';
import { appliedMigrations, openReadOnly } from './read-only.js';
import { markDamaged, markedDamage, repairDatabase } from './repair-database.js';
import { describeRepair, RepairLog } from './repair-log.js';
import type { SalvagePlan } from './salvage/salvage-database.js';
import { walFault } from './salvage/wal.js';
import { StatementTimer } from './statement-timer.js';

/** A database, and how it is checked and repaired. */
export interface GuardOptions {
  file: string;
  plan: SalvagePlan;
  /** Files and folders that exist only if the database existed before. */
  traces: readonly string[];
  /** The program's name on the command line. */
  program: string;
  log: Logger;
  clock?: Clock;
  /** How long a start waits for the check of a database that was not closed; the check then goes on beside it. */
  checkMs?: number;
}

export interface GuardedDatabase<T> extends OpenedSqlite<T> {
  guard: DatabaseGuard;
}

const CHECK_MS = 5_000;
/** A check beside the running program keeps the write-ahead log from being reset. */
const MAX_CHECK_MS = 10 * 60_000;
/** A running program does not repair more often than this: on a disk that fails it would do nothing else. */
export const REPAIR_PAUSE_MS = 10 * 60_000;

/**
 * Opens a database and repairs it first if it is damaged, or missing although it existed. A database that was not closed
 * properly, or changed since, is checked before. Throws StartError if it cannot be used.
 */
export async function openGuarded<T>(options: GuardOptions): Promise<GuardedDatabase<T>> {
  const { file, plan, log, clock = systemClock } = options;
  finishReplacement(file);
  const guard = new DatabaseGuard(options);
  let cause = markedDamage(file) ?? lossOf(options) ?? logFault(file) ?? (await guard.check());
  if (cause === undefined) {
    try {
      return await open<T>(guard, options);
    } catch (error) {
      if (!isDamage(error)) throw error;
      cause = messageOf(error);
    }
  }
  await guard.stopCheck();
  log.error({ file, cause }, 'database damaged; writing what can be read into a new one');
  const repair = await repairDatabase(file, plan, cause, clock());
  log.warn({ file }, describeRepair(file, repair));
  return open<T>(new DatabaseGuard(options), options);
}

async function open<T>(
  guard: DatabaseGuard,
  { file, plan: { migrations }, log }: GuardOptions,
): Promise<GuardedDatabase<T>> {
  try {
    rmSync(closedMark(file), { force: true });
    const opened = await openDatabase<T>(
      file,
      migrations,
      (error) => guard.found(error),
      new StatementTimer(log),
    );
    const checkpointer = new Checkpointer(file, opened.sqlite, log);
    checkpointer.start();
    const close = async () => {
      await checkpointer.stop();
      await opened.close();
    };
    return { ...opened, guard, close: () => guard.closeAfter(close) };
  } catch (error) {
    if (isDamage(error) || !isOfSystem(error)) throw error;
    throw new StartError(`${file} cannot be opened: ${messageOf(error)}`, { cause: error });
  }
}

/** Whether an error comes from SQLite or from the file system. */
const isOfSystem = (error: unknown): boolean =>
  error instanceof Error && /^(SQLITE_|E[A-Z]+$)/.test(String((error as { code?: unknown }).code));

function logFault(file: string): string | undefined {
  const fault = walFault(`${file}-wal`);
  return fault && `${fault}, so what was recorded last may be lost`;
}

/** Why the database is not the one that existed: it is missing, empty or without tables, and its traces are there. */
export function lossOf({
  file,
  traces,
}: Pick<GuardOptions, 'file' | 'traces'>): string | undefined {
  const missing = missingPart(file);
  if (missing === undefined) return undefined;
  const log = `${file}-wal`;
  const hasTraces =
    (existsSync(log) && statSync(log).size > 0) || [closedMark(file), ...traces].some(isTrace);
  return hasTraces ? missing : undefined;
}

function missingPart(file: string): string | undefined {
  if (!existsSync(file)) return 'the file is missing';
  if (statSync(file).size === 0) return 'the file is empty';
  let sqlite: Sqlite.Database | undefined;
  try {
    sqlite = openReadOnly(file);
    return appliedMigrations(sqlite).length === 0 ? 'the file holds no tables' : undefined;
  } catch {
    // Whether it can be used shows when it is opened.
    return undefined;
  } finally {
    sqlite?.close();
  }
}

const isTrace = (path: string): boolean =>
  existsSync(path) && (!statSync(path).isDirectory() || readdirSync(path).length > 0);

/** Notices that a database is damaged, also while it is used, and reports it until it is repaired and accepted. */
export class DatabaseGuard {
  readonly #repairs: RepairLog;
  #fault: string | undefined;
  #check: QuickCheck | undefined;
  #restart: () => void = () => undefined;
  /** Set once a restart of the program's parts would repair the database. */
  readonly restart: Restart;

  constructor(private readonly options: GuardOptions) {
    this.#repairs = new RepairLog(options.file);
    const due = new Promise<void>((resolve) => {
      this.#restart = resolve;
    });
    const guard = this;
    this.restart = {
      due,
      get reason() {
        return guard.#fault && `${basename(options.file)} is damaged`;
      },
    };
  }

  /** Why the database cannot be used as it is; undefined if it can. */
  get fault(): string | undefined {
    const { file, program } = this.options;
    return (
      this.#fault &&
      `the database ${file} is damaged (${this.#fault}); it is repaired at the next start: restart ${program}`
    );
  }

  /** What was repaired, and is not accepted yet. */
  repairs(): string[] {
    const { program } = this.options;
    return this.#repairs
      .lines()
      .map((line) => `${line}; run "${program} database accept" once you have seen this`);
  }

  /** For the program's health: what is damaged now, and what was repaired. */
  reasons(): string[] {
    return [...(this.fault ? [this.fault] : []), ...this.repairs()];
  }

  /** An error of a statement says that the database is damaged. */
  found(error: unknown): void {
    this.#found(messageOf(error));
  }

  #found(fault: string): void {
    if (this.#fault) return;
    this.#fault = fault;
    const { file, log, clock = systemClock } = this.options;
    const sinceMs = clock() - (this.#repairs.read().at(-1)?.at ?? Number.NEGATIVE_INFINITY);
    const waitMs = sinceMs >= 0 && sinceMs < REPAIR_PAUSE_MS ? REPAIR_PAUSE_MS - sinceMs : 0;
    log.error({ file, error: fault, waitMs }, 'database damaged; a restart will repair it');
    try {
      markDamaged(file, fault);
    } catch (error) {
      log.error({ error: messageOf(error) }, 'the damage of the database cannot be noted');
    }
    if (waitMs === 0) this.#restart();
    else setTimeout(this.#restart, waitMs).unref();
  }

  /** Checks a database that was not closed, or changed since. Resolves with the fault; undefined if none is known. */
  async check(): Promise<string | undefined> {
    const { file, checkMs = CHECK_MS, log } = this.options;
    if (!existsSync(file) || statSync(file).size === 0 || isAsClosed(file)) return undefined;
    this.#check = new QuickCheck(file);
    const result = await this.#check.within(checkMs);
    if (typeof result === 'object') return result.fault;
    if (result === 'failed') return undefined;
    log.info({ file }, 'the check of the database continues while the program runs');
    void this.#continueCheck(this.#check);
    return undefined;
  }

  async #continueCheck(check: QuickCheck): Promise<void> {
    const result = await check.within(MAX_CHECK_MS);
    if (result === 'not finished') await check.stop();
    else if (result !== 'failed' && result.fault !== undefined) this.#found(result.fault);
  }

  async stopCheck(): Promise<void> {
    await this.#check?.stop();
  }

  /** Closes the database, and notes that it was closed. */
  async closeAfter(close: () => Promise<void>): Promise<void> {
    await this.stopCheck();
    await close();
    const { file, log } = this.options;
    if (this.#fault) return;
    try {
      writeWhole(closedMark(file), stateOf(file));
    } catch (error) {
      log.debug({ error: messageOf(error) }, 'the end of the database cannot be noted');
    }
  }
}

/** Exists while no program uses the database, after it was closed properly. */
const closedMark = (file: string): string => `${file}.closed`;

function isAsClosed(file: string): boolean {
  const log = `${file}-wal`;
  if (existsSync(log) && statSync(log).size > 0) return false;
  return readIfPresent(closedMark(file)) === stateOf(file);
}

function stateOf(file: string): string {
  const { size, mtimeMs } = statSync(file);
  return `${size} ${mtimeMs}`;
}
