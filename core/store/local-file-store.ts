import { createReadStream, existsSync } from 'node:fs';
import {
  access,
  constants,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  unlink,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { v7 as uuid } from 'uuid';
import type { Service } from '../runtime/lifecycle.js';
import { checkKey } from './file-key.js';
import type { FileStore, StoredFile } from './file-store.js';

const ifMissing =
  <T>(fallback: T) =>
  (error: NodeJS.ErrnoException): T => {
    if (error.code === 'ENOENT') return fallback;
    throw error;
  };

/** Files in a folder. A file is written to a temporary path, flushed and renamed, so that no reader sees a part of it. */
export class LocalFileStore implements FileStore, Service {
  readonly name = 'files';
  readonly #incoming: string;

  constructor(private readonly root: string) {
    this.#incoming = join(root, 'incoming');
  }

  /** Makes the folder and removes unfinished files of an earlier process. */
  async start(): Promise<void> {
    await mkdir(this.#incoming, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.#incoming)) await unlink(join(this.#incoming, name));
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const path = this.#path(key);
    // Repeated uploads are frequent, and an asynchronous check through the thread pool takes twenty times as long.
    if (existsSync(path)) return;
    const temporary = join(this.#incoming, uuid());
    try {
      const file = await open(temporary, 'wx', 0o600);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await rename(temporary, path);
      await syncFolder(dirname(path));
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  async get(key: string): Promise<StoredFile | undefined> {
    const path = this.#path(key);
    const found = await stat(path).catch(ifMissing(undefined));
    if (!found) return undefined;
    return { bytes: found.size, read: (range) => createReadStream(path, range) };
  }

  async readWhole(key: string): Promise<Buffer | undefined> {
    return readFile(this.#path(key)).catch(ifMissing(undefined));
  }

  async remove(key: string): Promise<void> {
    await rm(this.#path(key), { force: true });
  }

  check(): Promise<void> {
    return access(this.#incoming, constants.W_OK | constants.X_OK);
  }

  #path(key: string): string {
    return join(this.root, checkKey(key));
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
