import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Camera, CameraError, type Snapshot } from '../camera.js';
import type { FolderCameraConfig } from '../camera-config.js';
import { tooLarge } from '../http/read-body.js';
import type { ClockJumps } from '../schedule/clock-jumps.js';
import type { Bookmark, Place } from './bookmark.js';
import { firstAfter, type ImageFile, lookAt } from './image-files.js';

/** Most files that one scan takes up; what is beyond them waits for the next. */
const MAX_BATCH = 1000;

/** More than what the clock, the file system's times and the measured jump can be apart. */
const MARGIN_MS = 2_000;

/**
 * A folder into which something puts images. They are taken in the order in which they arrived (by
 * change time, which a move into the folder renews and nobody can set), each once it was the same in two looks.
 * Where the machine's clock is set back, the place goes back with it, and a little further, since neither clock
 * is exact: of files that are kept, some are taken twice then, and none is passed over.
 */
export class FolderCamera implements Camera {
  #place: Place | undefined;
  #started = false;
  /** Found stable by the last scan, and not offered yet. */
  #ready: ImageFile[] = [];
  #lastLook = new Map<string, ImageFile>();

  constructor(
    private readonly config: FolderCameraConfig,
    private readonly bookmark: Bookmark,
    private readonly jumps: ClockJumps,
  ) {}

  async take(signal: AbortSignal): Promise<Snapshot | undefined> {
    try {
      if (!this.#started) {
        this.#place = await this.bookmark.read();
        this.#started = true;
      }
      const waiting = await this.#next(signal);
      if (waiting) return waiting;
      this.#ready = await this.#scan(signal);
      return await this.#next(signal);
    } catch (error) {
      throw asCameraError(error);
    }
  }

  async #scan(signal: AbortSignal): Promise<ImageFile[]> {
    const setBack = this.jumps.setBack();
    if (setBack > 0 && this.#place) {
      this.#place = { ...this.#place, changedMs: this.#place.changedMs - setBack - MARGIN_MS };
      await this.bookmark.write(this.#place);
    }
    const files = await firstAfter(this.config.path, this.#place, MAX_BATCH, signal);
    const before = this.#lastLook;
    this.#lastLook = new Map(files.map((file) => [file.name, file]));
    // What comes after a file that is still changing waits, so that the bookmark never passes it.
    const changing = files.findIndex((file) => !isSame(file, before.get(file.name)));
    return changing === -1 ? files : files.slice(0, changing);
  }

  /** The first ready file that is still as it was; it stays at the head until it is settled. */
  async #next(signal: AbortSignal): Promise<Snapshot | undefined> {
    for (let file = this.#ready[0]; file; file = this.#ready[0]) {
      if (isSame(file, await lookAt(this.config.path, file.name))) return this.#read(file, signal);
      this.#ready.shift();
    }
    return undefined;
  }

  async #read(file: ImageFile, signal: AbortSignal): Promise<Snapshot> {
    if (file.bytes > this.config.maxBytes) {
      await this.#pass(file);
      throw tooLarge(this.config.maxBytes);
    }
    return {
      bytes: await this.#bytesOf(file, signal),
      takenAt: Math.round(file.modifiedMs),
      more: this.#ready.length > 1,
      name: file.name,
      settle: () => this.#settle(file),
      pass: () => this.#pass(file).catch((error) => Promise.reject(asCameraError(error))),
    };
  }

  async #bytesOf(file: ImageFile, signal: AbortSignal): Promise<Buffer> {
    try {
      return await readFile(join(this.config.path, file.name), { signal });
    } catch (error) {
      // A file that may not be read costs itself, and does not stand before the others for ever.
      if ((error as NodeJS.ErrnoException).code === 'EACCES') await this.#pass(file);
      throw error;
    }
  }

  async #settle(file: ImageFile): Promise<void> {
    try {
      await this.#pass(file);
      if (this.config.afterwards === 'delete') await this.#remove(file);
    } catch (error) {
      throw asCameraError(error);
    }
  }

  /** Not what has taken its place by now, as where a camera writes every picture under one name. */
  async #remove(file: ImageFile): Promise<void> {
    if (!isSame(file, await lookAt(this.config.path, file.name))) return;
    await rm(join(this.config.path, file.name), { force: true });
  }

  async #pass(file: ImageFile): Promise<void> {
    if (this.#ready[0] === file) this.#ready.shift();
    this.#lastLook.delete(file.name);
    this.#place = file;
    await this.bookmark.write(file);
  }
}

const isSame = (a: ImageFile, b: ImageFile | undefined): boolean =>
  b !== undefined &&
  a.bytes === b.bytes &&
  a.modifiedMs === b.modifiedMs &&
  a.changedMs === b.changedMs;

/** Names a failed file operation by its code: its message would show a path of the machine. */
export function asCameraError(error: unknown): CameraError {
  if (error instanceof CameraError) return error;
  if (error instanceof DOMException || (error as Error).name === 'AbortError')
    return new CameraError('timeout', 'the folder did not answer in time');
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  return new CameraError('unreadable', `the folder or a file in it cannot be used (${code})`);
}
