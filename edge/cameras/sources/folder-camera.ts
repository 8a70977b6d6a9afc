import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClockSteps } from '../../../core/runtime/clock-steps.js';
import { type Camera, type Snapshot, snapshotTooLarge } from '../camera.js';
import type { FolderCameraConfig } from '../camera-config.js';
import type { CursorFile, FolderCursor } from './cursor-file.js';
import { fileError } from './file-error.js';
import { type ImageFile, imagesAfter, statImage } from './image-files.js';

/** Maximum number of files that one scan queues; the next scan finds the others. */
const MAX_BATCH = 1000;

/** More than the sum of the errors of the clock, the file system's timestamps and the measured step. */
const STEP_MARGIN_MS = 2_000;

/**
 * A folder into which another program puts images. Images are taken in order of arrival (by ctime, which a move into
 * the folder renews and no program can set). A file is taken when two scans in a row have found it unchanged.
 * If the machine's clock is set back, the cursor is set back by as much plus a margin, since both clocks are inexact:
 * of files that are kept, some are then taken twice, and none is missed.
 */
export class FolderCamera implements Camera {
  #cursor: FolderCursor | undefined;
  #isCursorRead = false;
  /** Files that the last scan found unchanged, and that are not processed yet. */
  #ready: ImageFile[] = [];
  #lastScan = new Map<string, ImageFile>();

  constructor(
    private readonly config: FolderCameraConfig,
    private readonly cursorFile: CursorFile,
    private readonly clockSteps: ClockSteps,
  ) {}

  async take(signal: AbortSignal): Promise<Snapshot | undefined> {
    try {
      if (!this.#isCursorRead) {
        this.#cursor = await this.cursorFile.read();
        this.#isCursorRead = true;
      }
      const queued = await this.#next(signal);
      if (queued) return queued;
      this.#ready = await this.#scan(signal);
      return await this.#next(signal);
    } catch (error) {
      throw fileError(error);
    }
  }

  async #scan(signal: AbortSignal): Promise<ImageFile[]> {
    await this.#followClock();
    const files = await imagesAfter(this.config.path, this.#cursor, MAX_BATCH, signal);
    const previous = this.#lastScan;
    this.#lastScan = new Map(files.map((file) => [file.name, file]));
    // Files after one that is still changing wait for it, so that the cursor never passes it.
    const changing = files.findIndex((file) => !isUnchanged(file, previous.get(file.name)));
    return changing === -1 ? files : files.slice(0, changing);
  }

  async #followClock(): Promise<void> {
    const stepMs = this.clockSteps.sinceLastCall();
    if (stepMs >= 0 || !this.#cursor) return;
    const changedMs = this.#cursor.changedMs + stepMs - STEP_MARGIN_MS;
    this.#cursor = { ...this.#cursor, changedMs };
    await this.cursorFile.write(this.#cursor);
  }

  /** The first ready file that has not changed since the scan. It stays first until it is processed. */
  async #next(signal: AbortSignal): Promise<Snapshot | undefined> {
    for (let file = this.#ready[0]; file; file = this.#ready[0]) {
      if (isUnchanged(file, await statImage(this.config.path, file.name)))
        return this.#read(file, signal);
      this.#ready.shift();
    }
    return undefined;
  }

  async #read(file: ImageFile, signal: AbortSignal): Promise<Snapshot> {
    if (file.bytes > this.config.maxBytes) {
      await this.#advancePast(file);
      throw snapshotTooLarge(this.config.maxBytes);
    }
    return {
      bytes: await this.#bytesOf(file, signal),
      takenAt: Math.round(file.modifiedMs),
      more: this.#ready.length > 1,
      name: file.name,
      markProcessed: () => this.#markProcessed(file),
      skip: () => this.#advancePast(file).catch((error) => Promise.reject(fileError(error))),
    };
  }

  async #bytesOf(file: ImageFile, signal: AbortSignal): Promise<Buffer> {
    try {
      return await readFile(join(this.config.path, file.name), { signal });
    } catch (error) {
      // A file without read permission is skipped, so that it does not block the others.
      if ((error as NodeJS.ErrnoException).code === 'EACCES') await this.#advancePast(file);
      throw error;
    }
  }

  async #markProcessed(file: ImageFile): Promise<void> {
    try {
      await this.#advancePast(file);
      if (this.config.afterwards === 'delete') await this.#delete(file);
    } catch (error) {
      throw fileError(error);
    }
  }

  /** Keeps a newer file of the same name: some cameras write every image under one name. */
  async #delete(file: ImageFile): Promise<void> {
    if (!isUnchanged(file, await statImage(this.config.path, file.name))) return;
    await rm(join(this.config.path, file.name), { force: true });
  }

  async #advancePast(file: ImageFile): Promise<void> {
    if (this.#ready[0] === file) this.#ready.shift();
    this.#lastScan.delete(file.name);
    this.#cursor = file;
    await this.cursorFile.write(file);
  }
}

const isUnchanged = (a: ImageFile, b: ImageFile | undefined): boolean =>
  b !== undefined &&
  a.bytes === b.bytes &&
  a.modifiedMs === b.modifiedMs &&
  a.changedMs === b.changedMs;
