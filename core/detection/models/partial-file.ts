import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rm,
  stat,
  statfs,
} from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../../runtime/replace-file.js';
import { bytesText } from './bytes-text.js';
import { DownloadError, noSpace } from './download-error.js';
import { hashOf } from './hash-of.js';

const stateSchema = z.object({
  /** Where the bytes come from, and the entity tag or date that the server gave them. */
  url: z.string(),
  validator: z.string().optional(),
});
type PartialState = z.infer<typeof stateSchema>;

/** Space that a download leaves free, for the database. */
const RESERVE_BYTES = 8 * 1024 ** 2;
const CHECK_EVERY_BYTES = 4 * 1024 ** 2;

/** A file that is being downloaded: what has arrived, and what is needed to ask for the rest. Its user holds a lock. */
export class PartialFile {
  #handle: FileHandle | undefined;
  #size = 0;
  #state: PartialState;
  /** Bytes since the free space was last measured: a server need not say how many follow. */
  #unchecked = 0;
  /** It holds bytes of more than one response. */
  isPatched = false;

  private constructor(
    private readonly folder: string,
    private readonly name: string,
    private readonly url: string,
  ) {
    this.#state = { url };
  }

  /** Goes on with what is there, if it came from the same URL. */
  static async open(folder: string, name: string, url: string): Promise<PartialFile> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = new PartialFile(folder, name, url);
    const state = await file.#readState();
    file.#handle = await open(file.path, 'a', 0o600);
    file.#size = (await file.#handle.stat()).size;
    if (state?.url === url) file.#state = state;
    else if (file.#size > 0) await file.clear();
    return file;
  }

  get path(): string {
    return join(this.folder, `${this.name}.part`);
  }

  get size(): number {
    return this.#size;
  }

  get validator(): string | undefined {
    return this.#state.validator;
  }

  /** Notes what the server calls the version whose bytes follow. */
  async remember(validator: string | undefined): Promise<void> {
    this.#state = { url: this.url, ...(validator !== undefined && { validator }) };
    await this.#writing(() =>
      replaceFile(this.#statePath, JSON.stringify(this.#state), { flush: false }),
    );
  }

  async append(chunk: Uint8Array): Promise<void> {
    await this.#writing(() => this.#open.writeFile(chunk));
    this.#size += chunk.length;
    this.#unchecked += chunk.length;
    if (this.#unchecked < CHECK_EVERY_BYTES) return;
    this.#unchecked = 0;
    await this.#writing(() => this.reserve(0));
  }

  /** Throws DownloadError if `bytes` more would not fit. */
  reserve(bytes: number): Promise<void> {
    return requireSpace(this.folder, bytes);
  }

  /** Forgets what has arrived. */
  async clear(): Promise<void> {
    await this.#open.truncate(0);
    this.#size = 0;
    this.#state = { url: this.url };
    this.isPatched = false;
  }

  /** Puts the bytes on the disk, and returns the SHA-256 of all of them. */
  async finish(): Promise<string> {
    await this.#writing(() => this.#open.sync());
    return hashOf(this.path);
  }

  /** Keeps what has arrived, for another time. */
  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
    for (const path of [this.#statePath, `${this.#statePath}.new`]) await rm(path, { force: true });
  }

  /** A full disk is not left full: the bytes that have arrived are given back. */
  async #writing(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const isReserved = error instanceof DownloadError;
      if (!isReserved && !isFull(error)) throw error;
      const arrived = bytesText(this.#size);
      await this.remove();
      if (isReserved) throw error;
      throw noSpace(this.folder, `the disk was full after ${arrived}`, error);
    }
  }

  async #readState(): Promise<PartialState | undefined> {
    try {
      return stateSchema.parse(JSON.parse(await readFile(this.#statePath, 'utf8')));
    } catch {
      return undefined;
    }
  }

  get #open(): FileHandle {
    if (!this.#handle) throw new Error('the file is closed');
    return this.#handle;
  }

  get #statePath(): string {
    return join(this.folder, `${this.name}.state`);
  }
}

/** Throws DownloadError if `bytes` do not fit on the disk of a folder. */
export async function requireSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free < bytes + RESERVE_BYTES)
    throw noSpace(
      folder,
      `${bytesText(bytes)} more are needed, and ${bytesText(RESERVE_BYTES)} stay free; ${bytesText(free)} are free`,
    );
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** The error that a full disk causes, in words; any other as it is. */
export const fullDiskFault = (error: unknown, folder: string): unknown =>
  isFull(error) ? noSpace(folder, 'the disk is full', error) : error;

const isFull = (error: unknown): boolean => FULL.has((error as NodeJS.ErrnoException).code ?? '');

/** Removes what no download has added to for `maxAgeMs`. */
export async function removeOldPartials(folder: string, maxAgeMs: number): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() && Date.now() - found.mtimeMs > maxAgeMs) await rm(path, { force: true });
  }
}
