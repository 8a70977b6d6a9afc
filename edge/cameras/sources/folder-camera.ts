import { uptime } from 'node:os';
import { trimPicture } from '../../../core/images/trim-picture.js';
import type { Clock } from '../../../core/runtime/clock.js';
import type { ClockSteps } from '../../../core/runtime/clock-steps.js';
import {
  type Backlog,
  type Camera,
  CameraError,
  type Snapshot,
  snapshotTooLarge,
} from '../camera.js';
import type { FolderCameraConfig } from '../camera-config.js';
import { CLOCK_MARGIN_MS, withSinceBoot } from './boot-clock.js';
import { displayPath } from './byte-path.js';
import type { CursorFile } from './cursor-file.js';
import { FileContents, isComplete } from './file-contents.js';
import { fileError } from './file-error.js';
import { takenAtOf } from './file-time.js';
import type { Known } from './folder-files.js';
import type { FileContent, FolderFs } from './folder-fs.js';
import { FolderPosition } from './folder-position.js';
import { FolderSearch } from './folder-search.js';
import { type ImageFile, imageFileOf } from './image-files.js';
import type { Candidate } from './pending-files.js';
import type { SkipReason } from './skipped-files.js';

/** Files that one look reads without success; it only compares the times of the others. */
const EARLY_READS_A_LOOK = 50;
/** After so many looks it is an error that a file is never whole. */
const MAX_LOOKS = 12;
/** Errors that wait for a run without a snapshot. */
const MAX_FAULTS = 3;
/** A run that takes longer looks at what has changed in between. */
const LOOK_AGAIN_MS = 10_000;

export interface FolderCameraOptions {
  fs: FolderFs;
  cursorFile: CursorFile;
  clockSteps: ClockSteps;
  clock: Clock;
  /** Limits the time of a look. */
  monotonic?: Clock;
  /** Time since the start of the machine. */
  uptimeMs?: () => number;
  /** The age at which the site's images are removed. */
  maxAgeDays?: number;
}

/**
 * A folder into which another program puts images. What arrives is taken in order of arrival (by ctime, which a move
 * into the folder renews and no program can set); of a backlog, the last names are taken first, and after what arrives.
 * A file is taken if it is whole and did not change while it was read, or if two looks in a row have found it unchanged.
 * If the machine's clock is set back, the cursor is set back by as much plus a margin, since both clocks are inexact:
 * after a restart some files that are kept may be taken twice, and none is missed.
 */
export class FolderCamera implements Camera {
  #position: FolderPosition | undefined;
  #search: FolderSearch | undefined;
  readonly #contents = new FileContents();
  /** Each run begins with a look, also if it has files from the last one. */
  #isNewRun = true;
  #earlyReads = 0;
  #lookedAt = 0;
  /** The file that was returned last. */
  #current: Candidate | undefined;
  /** Why files were skipped; reported when there is nothing else to take. */
  readonly #faults: CameraError[] = [];
  #hasTaken = false;

  constructor(
    private readonly config: FolderCameraConfig,
    private readonly options: FolderCameraOptions,
  ) {}

  async take(signal: AbortSignal): Promise<Snapshot | undefined> {
    const isNewRun = this.#isNewRun;
    this.#isNewRun = true;
    try {
      const search = await this.#open();
      if (isNewRun) await this.#look(search, true, signal);
      else await this.#lookAtNew(search, signal);
      let snapshot = await this.#next(search, signal);
      if (!snapshot && !isNewRun) {
        await this.#look(search, false, signal);
        snapshot = await this.#next(search, signal);
      }
      this.#isNewRun = snapshot?.more !== true;
      if (snapshot) return snapshot;
    } catch (error) {
      throw fileError(error);
    }
    const fault = this.#faults.shift();
    if (fault) throw fault;
    return undefined;
  }

  backlog(): Backlog {
    const { waiting, skipped, reasons } = this.#search?.backlog ?? NONE;
    return { waiting, skipped, reasons, hasTaken: this.#hasTaken };
  }

  async close(): Promise<void> {
    this.#search?.close();
  }

  async #open(): Promise<FolderSearch> {
    if (this.#search) return this.#search;
    const { fs, cursorFile, clock, uptimeMs = () => uptime() * 1_000 } = this.options;
    const saved = await cursorFile.read();
    this.#hasTaken = saved !== undefined;
    this.#position = new FolderPosition(withSinceBoot(saved, clock(), uptimeMs()));
    this.#search = new FolderSearch(fs, this.#position, this.config.recursive ?? true, clock, () =>
      this.#monotonic(),
    );
    return this.#search;
  }

  async #look(search: FolderSearch, isNewRun: boolean, signal: AbortSignal): Promise<void> {
    await this.#followClock(search);
    this.#lookedAt = this.#monotonic();
    this.#earlyReads = EARLY_READS_A_LOOK;
    await search.look(isNewRun, signal);
  }

  /** Within a run, so that a new file comes before a long backlog. */
  async #lookAtNew(search: FolderSearch, signal: AbortSignal): Promise<void> {
    if (this.#monotonic() - this.#lookedAt < LOOK_AGAIN_MS) await search.lookAtReported(signal);
    else {
      await search.lookAtChanges(signal);
      this.#lookedAt = this.#monotonic();
    }
  }

  #monotonic(): number {
    return (this.options.monotonic ?? (() => performance.now()))();
  }

  async #followClock(search: FolderSearch): Promise<void> {
    const stepMs = this.options.clockSteps.sinceLastCall();
    if (stepMs >= 0) return;
    search.moveBack(stepMs - CLOCK_MARGIN_MS);
    await this.#save();
  }

  /** The first file that can be taken now. It stays first until it is processed. */
  async #next(search: FolderSearch, signal: AbortSignal): Promise<Snapshot | undefined> {
    const current = search.files.pending.ready.filter((candidate) => candidate === this.#current);
    for (const candidate of [...current, ...search.files.pending.ready]) {
      if (candidate.isTried) continue;
      const snapshot = await this.#take(search, candidate, signal);
      if (!snapshot) continue;
      this.#current = candidate;
      return snapshot;
    }
    return undefined;
  }

  async #take(
    search: FolderSearch,
    candidate: Candidate,
    signal: AbortSignal,
  ): Promise<Snapshot | undefined> {
    const { maxBytes } = this.config;
    const known = search.files.known(candidate.file);
    if (known) return this.#passRepeated(candidate, candidate.file, known);
    if (candidate.file.state.bytes > maxBytes) {
      if (!candidate.isUnchanged) return this.#postpone(candidate);
      search.files.settle(candidate, candidate.file, 'tooLarge');
      this.#report(snapshotTooLarge(maxBytes));
      return undefined;
    }
    if (candidate.file.state.bytes === 0) {
      // Some cameras create the file long before they send the image.
      if (!candidate.isUnchanged) return this.#postpone(candidate);
      search.files.settle(candidate, candidate.file, 'empty');
      return undefined;
    }
    if (!candidate.isUnchanged && this.#earlyReads === 0) return this.#postpone(candidate);
    const content = await this.#read(search, candidate, signal);
    if (!content) return undefined;
    const { path, target } = candidate.file;
    const file = imageFileOf(path, target, content.before);
    if (!isComplete(candidate, content)) {
      if (!candidate.isUnchanged) this.#earlyReads--;
      return this.#postpone(candidate);
    }
    const hash = this.#contents.hashOf(content.bytes);
    if (this.#contents.isLast(file, hash)) return this.#passRepeated(candidate, file, 'analysed');
    return {
      bytes: trimPicture(content.bytes),
      takenAt: this.#takenAt(file),
      more: search.files.pending.ready.length > 1,
      name: displayPath(path),
      markProcessed: () => this.#markProcessed(candidate, file, hash),
      skip: () =>
        this.#skip(candidate, file, 'notAnalysed').catch((error) =>
          Promise.reject(fileError(error)),
        ),
    };
  }

  #takenAt({ state }: ImageFile): number {
    return takenAtOf(
      state,
      this.options.clock(),
      this.config.maxAgeDays ?? this.options.maxAgeDays,
    );
  }

  async #read(
    search: FolderSearch,
    candidate: Candidate,
    signal: AbortSignal,
  ): Promise<FileContent | undefined> {
    const { file } = candidate;
    try {
      return await this.options.fs.read(file.target, this.config.maxBytes, signal);
    } catch (error) {
      signal.throwIfAborted();
      if ((error as NodeJS.ErrnoException).code === 'ENOENT')
        search.files.drop(candidate.file.path);
      else {
        // A file without read permission is skipped, so that it does not block the others.
        search.files.settle(candidate, file, 'unreadable');
        this.#report(fileError(error));
      }
      return undefined;
    }
  }

  /** The next look tries the file again. */
  #postpone(candidate: Candidate): undefined {
    candidate.isTried = true;
    if (candidate.looks < MAX_LOOKS || candidate.isReported) return;
    candidate.isReported = true;
    const name = displayPath(candidate.file.path);
    this.#report(new CameraError('unreadable', `${name} changes all the time and is never whole`));
  }

  #report(fault: CameraError): void {
    if (this.#faults.length < MAX_FAULTS) this.#faults.push(fault);
  }

  async #markProcessed(candidate: Candidate, file: ImageFile, hash: string): Promise<void> {
    try {
      this.#contents.remember(file, hash);
      this.#search?.files.settle(candidate, file);
      this.#hasTaken = true;
      await this.#save();
      if (this.config.afterwards === 'delete') await this.#delete(file);
    } catch (error) {
      throw fileError(error);
    }
  }

  /** The same image once more, under another name or with another time, is not another snapshot. */
  async #passRepeated(candidate: Candidate, file: ImageFile, known: Known): Promise<undefined> {
    this.#search?.files.settle(candidate, file);
    if (known === 'analysed' && this.config.afterwards === 'delete' && file.path === file.target)
      await this.#delete(file);
  }

  async #skip(candidate: Candidate, file: ImageFile, reason: SkipReason): Promise<void> {
    this.#search?.files.settle(candidate, file, reason);
    await this.#save();
  }

  async #save(): Promise<void> {
    const saved = this.#position?.toSave(this.#search?.files.pending.all ?? []);
    if (saved) await this.options.cursorFile.write({ ...saved, savedMs: this.options.clock() });
  }

  /** Keeps a newer file of the same name: some cameras write every image under one name. */
  async #delete({ path, target, identity }: ImageFile): Promise<void> {
    const { fs } = this.options;
    const state = await fs.stat(target);
    if (!state || imageFileOf(path, target, state).identity !== identity) return;
    await fs.remove(path);
    this.#search?.removed(path);
  }
}

const NONE = { waiting: 0, skipped: 0, reasons: {} };
