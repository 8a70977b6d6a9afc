import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { THUMBNAIL_WIDTHS } from '../contract/picture-routes.js';
import { messageOf } from '../runtime/errors.js';
import type { Service } from '../runtime/lifecycle.js';
import type { Logger } from '../runtime/logger.js';
import { SerialQueue } from '../runtime/serial-queue.js';

export interface ThumbnailCacheOptions {
  folder: string;
  /** Beyond it, those that were used longest ago are removed. */
  maxBytes?: number;
  /** Whether the disk has space for so many bytes. */
  hasSpace: (bytes: number) => Promise<boolean>;
  log: Logger;
}

const MAX_BYTES = 64 * 1024 ** 2;
const NAME = /^[0-9a-f]{64}-\d{1,4}\.jpg$/;
const UNFINISHED = '.part';

/**
 * Thumbnails on the disk, by the hash of their image. They can be made again: a file is not flushed, and one that a power
 * failure has left without its end is removed when it is read.
 */
export class ThumbnailCache implements Service {
  readonly name = 'thumbnails';
  /** Bytes of each file; the one that was used last is the last. */
  readonly #files = new Map<string, number>();
  readonly #changes = new SerialQueue();
  #bytes = 0;

  constructor(private readonly options: ThumbnailCacheOptions) {}

  get bytes(): number {
    return this.#bytes;
  }

  /** Finds what is there. Without the folder, thumbnails are made for each request. */
  async start(): Promise<void> {
    const { folder, log } = this.options;
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const found: { name: string; bytes: number; usedAt: number }[] = [];
      for (const name of await readdir(folder)) {
        if (!NAME.test(name)) await rm(join(folder, name), { force: true, recursive: true });
        else found.push({ name, ...(await this.#sizeOf(name)) });
      }
      for (const { name, bytes } of found.sort((a, b) => a.usedAt - b.usedAt))
        this.#add(name, bytes);
      await this.#removeExcess();
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'thumbnails cannot be kept; they are made again');
    }
  }

  async stop(): Promise<void> {
    await this.#changes.ended();
  }

  async get(sha256: string, width: number): Promise<Buffer | undefined> {
    const name = nameOf(sha256, width);
    const bytes = this.#files.get(name);
    if (bytes === undefined) return undefined;
    const found = await readFile(join(this.options.folder, name)).catch(() => undefined);
    if (!found || !isWhole(found)) {
      await this.#changes.run(() => this.#remove(name));
      return undefined;
    }
    this.#files.delete(name);
    this.#files.set(name, bytes);
    return found;
  }

  /** Stores a thumbnail if there is space for it. Never rejects. */
  put(sha256: string, width: number, jpeg: Buffer): Promise<void> {
    return this.#changes.run(async () => {
      const { folder, hasSpace, log } = this.options;
      const name = nameOf(sha256, width);
      try {
        if (!(await hasSpace(jpeg.length))) return;
        await writeFile(join(folder, name + UNFINISHED), jpeg, { mode: 0o600 });
        await rename(join(folder, name + UNFINISHED), join(folder, name));
        this.#forget(name);
        this.#add(name, jpeg.length);
        await this.#removeExcess();
      } catch (error) {
        log.debug({ error: messageOf(error) }, 'thumbnail not kept');
      }
    });
  }

  /** Removes the thumbnails of an image. */
  removeAll(sha256: string): Promise<void> {
    return this.#changes.run(async () => {
      for (const width of THUMBNAIL_WIDTHS) {
        const name = nameOf(sha256, width);
        if (this.#files.has(name)) await this.#remove(name);
      }
    });
  }

  async #removeExcess(): Promise<void> {
    const { maxBytes = MAX_BYTES } = this.options;
    for (const name of this.#files.keys()) {
      if (this.#bytes <= maxBytes) return;
      await this.#remove(name);
    }
  }

  async #remove(name: string): Promise<void> {
    await rm(join(this.options.folder, name), { force: true });
    this.#forget(name);
  }

  #add(name: string, bytes: number): void {
    this.#files.set(name, bytes);
    this.#bytes += bytes;
  }

  #forget(name: string): void {
    this.#bytes -= this.#files.get(name) ?? 0;
    this.#files.delete(name);
  }

  async #sizeOf(name: string): Promise<{ bytes: number; usedAt: number }> {
    const { size, mtimeMs } = await stat(join(this.options.folder, name));
    return { bytes: size, usedAt: mtimeMs };
  }
}

const nameOf = (sha256: string, width: number) => `${sha256}-${width}.jpg`;

/** Whether a JPEG begins and ends as one. */
const isWhole = (jpeg: Buffer): boolean =>
  jpeg.length > 4 &&
  jpeg.readUInt16BE(0) === 0xffd8 &&
  jpeg.readUInt16BE(jpeg.length - 2) === 0xffd9;
