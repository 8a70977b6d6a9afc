import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { messageOf, StartError } from '../runtime/errors.js';
import type { Service } from '../runtime/lifecycle.js';
import { isDamage } from './damage.js';
import { makeFolder } from './make-folder.js';

/**
 * Allows one process to use a data folder. The lock is SQLite's on a separate file: the kernel releases it when the
 * process ends, whatever the reason, so no stale lock is left.
 */
export class FolderLock implements Service {
  readonly name = 'folder lock';
  #held: Sqlite.Database | undefined;

  constructor(private readonly folder: string) {}

  /** Whether a process uses the folder. Changes nothing, and needs no right to write there. */
  static isHeld(folder: string): boolean {
    const file = join(folder, 'lock');
    if (!existsSync(file)) return false;
    const lock = new Sqlite(file, { readonly: true, timeout: 0 });
    try {
      lock.prepare('select count(*) from sqlite_master').get();
      return false;
    } catch (error) {
      if (isDamage(error)) return false;
      if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error;
      return true;
    } finally {
      lock.close();
    }
  }

  /** Throws StartError if another process holds it. */
  acquire(): this {
    makeFolder(this.folder);
    try {
      this.#held = hold(this.folder);
    } catch (error) {
      if (!isDamage(error)) throw error;
      // A process that holds it would be noticed first. The file has no content that could be lost.
      rmSync(join(this.folder, 'lock'));
      this.#held = hold(this.folder);
    }
    return this;
  }

  async stop(): Promise<void> {
    this.#held?.close();
  }
}

function hold(folder: string): Sqlite.Database {
  const lock = open(folder);
  try {
    // Nothing is written, so that a full disk does not matter.
    lock.pragma('journal_mode = memory');
    lock.exec('begin exclusive');
    return lock;
  } catch (cause) {
    lock.close();
    if (isDamage(cause)) throw cause;
    const isBusy = (cause as { code?: string }).code === 'SQLITE_BUSY';
    throw isBusy
      ? new StartError(`another process uses the data folder ${folder}`)
      : unusable(folder, cause);
  }
}

function open(folder: string): Sqlite.Database {
  try {
    return new Sqlite(join(folder, 'lock'), { timeout: 0 });
  } catch (cause) {
    throw unusable(folder, cause);
  }
}

const unusable = (folder: string, cause: unknown): StartError =>
  new StartError(`the data folder ${folder} cannot be used: ${messageOf(cause)}`, { cause });
