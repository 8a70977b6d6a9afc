import { randomBytes } from 'node:crypto';
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
} from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { type DetectorSettings, detectorSettingsSchema } from '../../contract/detection.js';
import { nameSchema } from '../../contract/names.js';
import { StartError } from '../../runtime/errors.js';
import { replaceFile } from '../../runtime/replace-file.js';
import { FolderLock } from '../../store/folder-lock.js';
import { makeFolder } from '../../store/make-folder.js';
import { removeOldPartials } from './partial-file.js';

/** Names the files of a detector that was added. It is replaced as a whole, so that they always belong together. */
const recordSchema = z.object({
  id: nameSchema,
  /** The folder of its files, below `versions/`, and the model or cascade in it. */
  version: z.string().regex(/^[a-z0-9-]+$/),
  file: z.string().regex(/^[a-z0-9-]+\.(onnx|xml)$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().min(0),
  settings: detectorSettingsSchema.optional(),
});
export type ModelRecord = z.infer<typeof recordSchema>;

/** A detector that was added, with the path of its model or cascade. */
export interface AddedFile extends ModelRecord {
  path: string;
  /** Changes whenever the record or the file does. */
  signature: string;
}

/** Files that are no longer named by a record are read for so long by what began before. */
const GRACE_MS = 60_000;
const PARTIAL_MS = 7 * 86_400_000;
const LOCK_EVERY_MS = 250;

/** Another process adds or removes a detector. */
export class FolderBusy extends Error {
  override readonly name = 'FolderBusy';
}

/**
 * The detectors that were added to a data folder: for each a record, `ID.json`, and a folder with its files. Readers need
 * no lock. One process at a time changes it.
 */
export class ModelFolder {
  constructor(readonly folder: string) {}

  /** Where downloads are collected. */
  get partials(): string {
    return join(this.folder, 'partial');
  }

  /** In the order of their ids. Records that cannot be read are left out. */
  async list(): Promise<AddedFile[]> {
    const names = await readdir(this.folder).catch(ifMissing);
    const ids = names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -5));
    const found = await Promise.all(ids.sort().map((id) => this.find(id)));
    return found.filter((file) => file !== undefined);
  }

  async find(id: string): Promise<AddedFile | undefined> {
    const record = await this.#record(id);
    if (!record) return undefined;
    const path = join(this.#versions, record.version, record.file);
    const found = await stat(path).catch(() => undefined);
    const state = found ? `${found.ino} ${found.size} ${found.mtimeMs}` : 'missing';
    const settings = JSON.stringify(record.settings ?? {});
    return { ...record, path, signature: `${record.version} ${state} ${settings}` };
  }

  /** Runs `change` while no other process changes the folder. Throws FolderBusy at once if one does and `onWait` is absent. */
  async locked<T>(
    change: () => Promise<T>,
    { signal, onWait }: { signal?: AbortSignal; onWait?: () => void } = {},
  ): Promise<T> {
    let lock = this.#tryLock();
    if (!lock && !onWait) throw new FolderBusy('another process adds or removes a detector');
    if (!lock) onWait?.();
    while (!lock) {
      await delay(LOCK_EVERY_MS, undefined, { ...(signal && { signal }) });
      lock = this.#tryLock();
    }
    try {
      await this.#sweep();
      return await change();
    } finally {
      await lock.stop();
    }
  }

  /** A new folder for the files of a detector, which no reader sees yet. */
  async stage(id: string): Promise<StagedModel> {
    const version = `${id}-${randomBytes(8).toString('hex')}`;
    const folder = join(this.#versions, version);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new StagedModel(id, version, folder);
  }

  /** Readers see the staged files from now on, all of them or, after a power failure, the former ones. */
  async publish(
    { id, version, folder }: StagedModel,
    { file, sha256, bytes }: Pick<ModelRecord, 'file' | 'sha256' | 'bytes'>,
  ): Promise<void> {
    await flush(folder);
    await flush(this.#versions);
    const record: ModelRecord = { id, version, file, sha256, bytes };
    await this.#retire(id);
    await replaceFile(this.#recordPath(id), `${JSON.stringify(record)}\n`, { flush: true });
    await flush(this.folder);
  }

  /** Replaces what is set on a detector; false if there is none. Its files stay as they are. */
  async set(id: string, settings: DetectorSettings): Promise<boolean> {
    const record = await this.#record(id);
    if (!record) return false;
    const next: ModelRecord = { ...record, settings };
    await replaceFile(this.#recordPath(id), `${JSON.stringify(next)}\n`, { flush: true });
    await flush(this.folder);
    return true;
  }

  /** Whether there was one. Its files stay for a minute. */
  async remove(id: string): Promise<boolean> {
    const was = await this.#retire(id);
    await rm(this.#recordPath(id), { force: true });
    await flush(this.folder);
    return was;
  }

  /** Begins the minute after which the files of a detector are removed. */
  async #retire(id: string): Promise<boolean> {
    const record = await this.#record(id);
    const now = new Date();
    if (record) await utimes(join(this.#versions, record.version), now, now).catch(() => undefined);
    return record !== undefined;
  }

  /** Removes what is no longer used. Does nothing while another process changes the folder. */
  async tidy(): Promise<void> {
    if ((await stat(this.folder).catch(() => undefined)) === undefined) return;
    const lock = this.#tryLock();
    if (!lock) return;
    try {
      await this.#sweep();
    } finally {
      await lock.stop();
    }
  }

  async #sweep(): Promise<void> {
    await removeOldPartials(this.partials, PARTIAL_MS);
    const used = new Set((await this.list()).map(({ version }) => version));
    for (const version of await readdir(this.#versions).catch(ifMissing)) {
      const folder = join(this.#versions, version);
      const changedAt = (await stat(folder).catch(() => undefined))?.mtimeMs ?? 0;
      if (!used.has(version) && Math.abs(Date.now() - changedAt) > GRACE_MS)
        await rm(folder, { recursive: true, force: true });
    }
  }

  #tryLock(): FolderLock | undefined {
    makeFolder(this.folder);
    try {
      return new FolderLock(this.folder).acquire();
    } catch (error) {
      if (error instanceof StartError && FolderLock.isHeld(this.folder)) return undefined;
      throw error;
    }
  }

  async #record(id: string): Promise<ModelRecord | undefined> {
    // A file that cannot be read for another reason must not count as missing: its detector would be removed.
    const text = await readFile(this.#recordPath(id), 'utf8').catch(undefinedIfMissing);
    try {
      const record = recordSchema.parse(JSON.parse(text ?? ''));
      return record.id === id ? record : undefined;
    } catch {
      return undefined;
    }
  }

  #recordPath(id: string): string {
    return join(this.folder, `${id}.json`);
  }

  get #versions(): string {
    return join(this.folder, 'versions');
  }
}

/** Files of a detector before they are in use. */
export class StagedModel {
  constructor(
    readonly id: string,
    readonly version: string,
    readonly folder: string,
  ) {}

  /** The path of `ID.onnx` and the like. */
  path(extension: string): string {
    return join(this.folder, `${this.id}.${extension}`);
  }

  /** Takes a file over that lies on the same file system. */
  async take(path: string, extension: string): Promise<string> {
    const own = this.path(extension);
    await rename(path, own);
    return own;
  }

  async create(extension: string): Promise<FileHandle> {
    return open(this.path(extension), 'wx', 0o600);
  }

  async write(extension: string, text: string): Promise<void> {
    const handle = await this.create(extension);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async discard(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Puts the entries of a folder on the disk. */
async function flush(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

function ifMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
