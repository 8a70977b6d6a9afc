import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { SecretSource } from '../runtime/configuration.js';
import { replaceFile } from '../runtime/replace-file.js';

/** As a database has a secret: the name of its file. */
export interface StoredSecret {
  kept: string;
}

const NAME = /^[0-9a-f-]{36}$/;

/**
 * Secrets that the API manages, one file each, for this user alone. The database has their names, so that they are in no
 * backup, no log and no copy of the database. With the name of the database before its own, the folder is in no backup.
 */
export class SecretFiles {
  constructor(private readonly folder: string) {}

  /** Stores a secret that is on the disk before the promise resolves. */
  async write(text: string): Promise<SecretSource> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const name = randomUUID();
    await replaceFile(join(this.folder, name), text, { flush: true });
    return this.sourceOf({ kept: name });
  }

  sourceOf({ kept }: StoredSecret): { file: string } {
    return { file: join(this.folder, NAME.test(kept) ? kept : 'unknown') };
  }

  /** Undefined for a secret that is not one of these. */
  storedOf(source: unknown): StoredSecret | undefined {
    const { file } = (source ?? {}) as { file?: unknown };
    if (typeof file !== 'string' || dirname(file) !== this.folder) return undefined;
    return { kept: basename(file) };
  }

  /** Whether it is one of these whose file there is not. */
  isGone(source: unknown): boolean {
    const stored = this.storedOf(source);
    return stored !== undefined && !existsSync(this.sourceOf(stored).file);
  }

  /** Removes those that nothing refers to any more. One that stays is removed at the next change or start. */
  async collect(used: ReadonlySet<string>): Promise<void> {
    const names = await readdir(this.folder).catch(() => []);
    const unused = names.filter((name) => !used.has(name));
    await Promise.allSettled(
      unused.map((name) => rm(join(this.folder, name), { force: true, recursive: true })),
    );
  }
}

export const isStoredSecret = (secret: unknown): secret is StoredSecret =>
  typeof (secret as Partial<StoredSecret> | null)?.kept === 'string';
