import {
  closeSync,
  createReadStream,
  existsSync,
  fsync,
  openSync,
  renameSync,
  write,
  writeSync,
} from 'node:fs';
import { access, constants, mkdir, readdir, readFile, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
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
  /** Of the names of unfinished files. */
  readonly #prefix = uuid();
  #writes = 0;
  /** Files that are being written. */
  readonly #writing = new Map<string, Promise<void>>();

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
    // What another call writes counts as stored once that call has flushed it.
    for (let other = this.#writing.get(path); other; other = this.#writing.get(path))
      await other.catch(() => undefined);
    // Repeated uploads are frequent, and an asynchronous check through the thread pool takes twenty times as long.
    if (existsSync(path)) return;
    const writing = this.#write(path, bytes);
    this.#writing.set(path, writing);
    try {
      await writing;
    } finally {
      this.#writing.delete(path);
    }
  }

  /**
   * Only what waits for the disk goes through the thread pool: the bytes of a large file and the flushes. A round trip
   * costs more processor time than each of the other calls.
   */
  async #write(path: string, bytes: Uint8Array): Promise<void> {
    const temporary = join(this.#incoming, `${this.#prefix}-${this.#writes++}`);
    try {
      const file = openSync(temporary, 'wx', 0o600);
      try {
        await writeAll(file, bytes);
        await flush(file);
      } finally {
        closeSync(file);
      }
      await this.#moveTo(path, temporary);
      await flushFolder(dirname(path));
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  async #moveTo(path: string, temporary: string): Promise<void> {
    try {
      renameSync(temporary, path);
    } catch (error) {
      ifMissing(undefined)(error as NodeJS.ErrnoException);
      await makeFolders(this.root, dirname(path));
      renameSync(temporary, path);
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

/** The kernel takes so many bytes at once without waiting for the disk. */
const QUICK_BYTES = 1_000_000;

async function writeAll(file: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const rest = bytes.length - at;
    at +=
      rest > QUICK_BYTES
        ? (await writeAt(file, bytes, at, rest)).bytesWritten
        : writeSync(file, bytes, at, rest);
  }
}

const writeAt = promisify(write);

const flush = promisify(fsync);

async function flushFolder(path: string): Promise<void> {
  const folder = openSync(path, 'r');
  try {
    await flush(folder);
  } finally {
    closeSync(folder);
  }
}

/** Makes a folder and those above it, up to the root, and flushes the names of the new ones. */
async function makeFolders(root: string, path: string): Promise<void> {
  if (path !== root) await makeFolders(root, dirname(path));
  if (existsSync(path)) return;
  await mkdir(path, { recursive: true, mode: 0o700 });
  await flushFolder(dirname(path));
}
