import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { ClockSteps } from '../../../core/runtime/clock-steps.js';
import type { Camera } from '../../../edge/cameras/camera.js';
import { CursorFile } from '../../../edge/cameras/sources/cursor-file.js';
import { FolderCamera } from '../../../edge/cameras/sources/folder-camera.js';
import {
  DiskFolder,
  type FileContent,
  type FileState,
  type FolderEntry,
} from '../../../edge/cameras/sources/folder-fs.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { folderConfig } from './cameras.js';

const SOI = Buffer.from('ffd8', 'hex');
/** The header of a scan, a few bytes of it, and EOI. */
const SCAN = Buffer.from('ffda0008010100003f0012345678ffd9', 'hex');

/** The structure of a whole JPEG that contains a text as its comment. */
export function jpeg(text: string): Buffer {
  const comment = Buffer.from(text);
  const header = Buffer.from('fffe0000', 'hex');
  header.writeUInt16BE(comment.length + 2, 2);
  return Buffer.concat([SOI, header, comment, SCAN]);
}

const textOf = (bytes: Buffer) => bytes.subarray(6, -SCAN.length).toString();

/** A folder that counts what is asked of it, and that fails for some names. */
export class CountingFolder extends DiskFolder {
  stats = 0;
  listings = 0;
  reads = 0;
  isLocal = true;
  /** Runs before the state of a file or folder is read. */
  beforeStat: (path: string) => Promise<void> | void = () => undefined;
  readonly failing = new Map<string, string>();

  override async *entries(path: string): AsyncGenerator<FolderEntry> {
    this.listings++;
    this.#check(path);
    yield* super.entries(path);
  }

  override async stat(path: string): Promise<FileState | undefined> {
    this.stats++;
    await this.beforeStat(path);
    return super.stat(path);
  }

  override async read(path: string, maxBytes: number, signal: AbortSignal): Promise<FileContent> {
    this.reads++;
    this.#check(path);
    return super.read(path, maxBytes, signal);
  }

  override async isWatchable(): Promise<boolean> {
    return this.isLocal && (await super.isWatchable());
  }

  #check(path: string): void {
    const code = this.failing.get(path);
    if (code) throw Object.assign(new Error('failed'), { code });
  }
}

export interface Watched {
  folder: string;
  fs: CountingFolder;
  cursorFile: string;
  /** The time is later by this much. */
  clock: { aheadMs: number };
  /** The time that limits a look is later by this much; if it is stopped, no other time passes. */
  steady: { aheadMs: number; isStopped: boolean };
  /** A camera on the folder, as after a start of the service. */
  open(settings?: Record<string, unknown>, maxAgeDays?: number): FolderCamera;
}

export async function watchedFolder(t: ExecutionContext): Promise<Watched> {
  const root = await temporaryFolder(t);
  const folder = join(root, 'drop');
  const cursorFile = join(root, 'state', 'drop.json');
  await mkdir(folder);
  await mkdir(dirname(cursorFile));
  const fs = new CountingFolder(folder);
  const clock = { aheadMs: 0 };
  const steady = { aheadMs: 0, isStopped: false };
  const now = () => Date.now() + clock.aheadMs;
  const open = (settings: Record<string, unknown> = {}, maxAgeDays?: number) => {
    const camera = new FolderCamera(folderConfig(folder, settings), {
      fs,
      cursorFile: new CursorFile(cursorFile, folder),
      clockSteps: new ClockSteps(now, 2_000),
      clock: now,
      monotonic: () => (steady.isStopped ? 0 : performance.now()) + steady.aheadMs,
      uptimeMs: () => 60_000,
      ...(maxAgeDays !== undefined && { maxAgeDays }),
    });
    t.teardown(() => camera.close());
    return camera;
  };
  return { folder, fs, cursorFile, clock, steady, open };
}

/** The texts of all images that one run takes. */
export async function takeRun(camera: Camera, limit = Number.MAX_VALUE): Promise<string[]> {
  const taken: string[] = [];
  for (let more = true; more && taken.length < limit; ) {
    const snapshot = await camera.take(new AbortController().signal);
    if (snapshot) taken.push(textOf(snapshot.bytes));
    await snapshot?.markProcessed();
    more = snapshot?.more ?? false;
  }
  return taken;
}

export async function takeRuns(camera: Camera, runs: number): Promise<string[]> {
  const taken: string[] = [];
  for (let run = 0; run < runs; run++) taken.push(...(await takeRun(camera)));
  return taken;
}

/** Runs until so many images are taken, in the time that the machine needs. */
export async function takeMany(camera: Camera, count: number): Promise<string[]> {
  const taken: string[] = [];
  for (let run = 0; run < 300 && taken.length < count; run++)
    taken.push(...(await takeRun(camera)));
  return taken;
}

export const savedCursor = async (file: string): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(file, 'utf8'));

/** Writes so many images, and returns their texts. */
export async function fill(folder: string, count: number, prefix = 'cam') {
  const names = Array.from({ length: count }, (_, i) => `${prefix}_${String(i).padStart(5, '0')}`);
  for (let i = 0; i < count; i += 100)
    await Promise.all(
      names.slice(i, i + 100).map((name) => writeFile(join(folder, `${name}.jpg`), jpeg(name))),
    );
  return names;
}

/** What was not taken of what there is, and what was taken more than once. */
export const differences = (taken: string[], present: string[]) => ({
  missed: present.filter((name) => !taken.includes(name)),
  repeated: taken.filter((name, i) => taken.indexOf(name) !== i),
});
