import { constants, existsSync, rmSync, statSync } from 'node:fs';
import { link, open, readdir, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { systemClock } from '../runtime/clock.js';
import { messageOf, StartError } from '../runtime/errors.js';
import { flush } from '../store/database-files.js';
import { type ArchiveSummary, archive } from './archive.js';
import { type BackupPlan, IMAGES_FOLDER, REPLACEMENT } from './backup-plan.js';
import { WITHOUT_ORIGINALS } from './prepare-images.js';
import { snapshotDatabase } from './snapshot.js';

export interface WrittenBackup extends ArchiveSummary {
  file: string;
}

/** Beyond what the archive needs. */
const MARGIN_BYTES = 16_000_000;

/**
 * Writes one archive of the data folder, also while the service runs. The file is complete when it has its name: it is
 * written beside it, for this user alone. Throws StartError, also if it is aborted; then nothing is left.
 */
export async function writeBackup(
  plan: BackupPlan,
  path: string,
  { images, signal }: { images: boolean; signal: AbortSignal },
): Promise<WrittenBackup> {
  const file = resolve(path);
  checkPlaces(plan, file);
  const part = `${file}.part`;
  const snapshot = `${file}.part.db`;
  const removeParts = async () => {
    for (const name of [part, snapshot, `${snapshot}-journal`, `${snapshot}.sha256`])
      await rm(name, { force: true });
  };
  await removeParts();
  try {
    await checkSpace(plan, dirname(file), images);
    const database = join(plan.dataFolder, plan.database);
    const prepare = [...plan.prepare, ...(images ? [] : WITHOUT_ORIGINALS)];
    const migrations = await snapshotDatabase(database, snapshot, prepare, signal);
    const summary: ArchiveSummary = { files: 0, bytes: 0, skipped: [] };
    const now = systemClock();
    await writeAll(part, archive({ plan, snapshot, migrations, images, now }, summary), signal);
    // Unlike a rename, it never replaces a file that came meanwhile.
    await link(part, file);
    await removeParts();
    flush(dirname(file));
    return { ...summary, file };
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(`the backup ${file} cannot be written: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    await removeParts();
  }
}

function checkPlaces({ dataFolder, database }: BackupPlan, file: string): void {
  const source = join(dataFolder, database);
  if (!existsSync(source)) throw new StartError(`${source} does not exist: nothing to back up`);
  if (existsSync(join(dataFolder, REPLACEMENT)))
    throw new StartError(
      'a restore or a reset was interrupted; start the service once, which completes it',
    );
  const folder = dirname(file);
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new StartError(`the folder ${folder} does not exist`);
  if (`${folder}/`.startsWith(`${resolve(dataFolder)}/`))
    throw new StartError(`${file} is in the data folder; write the backup elsewhere`);
  if (existsSync(file))
    throw new StartError(`${file} exists already; choose another name, or remove it`);
}

async function checkSpace(plan: BackupPlan, folder: string, images: boolean): Promise<void> {
  const needed = (await neededBytes(plan, images)) + MARGIN_BYTES;
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < needed)
    throw new StartError(
      `${folder} has ${megabytes(bavail * bsize)} MB free, and the backup needs up to ${megabytes(needed)} MB${images ? '; --no-images leaves the images out' : ''}`,
    );
}

/** The archive, and the copy of the database that it is made from. */
export async function neededBytes(
  { dataFolder, database }: BackupPlan,
  images: boolean,
): Promise<number> {
  const file = join(dataFolder, database);
  const log = statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  const copies = 2 * (statSync(file).size + log);
  return copies + (await folderBytes(dataFolder, (name) => images || name !== IMAGES_FOLDER));
}

async function folderBytes(
  folder: string,
  counts: (name: string) => boolean = () => true,
): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (!counts(entry.name)) continue;
    if (entry.isDirectory()) bytes += await folderBytes(path);
    else if (entry.isFile()) bytes += (await stat(path).catch(() => undefined))?.size ?? 0;
  }
  return bytes;
}

async function writeAll(
  path: string,
  chunks: AsyncIterable<Buffer>,
  signal: AbortSignal,
): Promise<void> {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const handle = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    for await (const chunk of chunks) {
      signal.throwIfAborted();
      await handle.writeFile(chunk);
    }
    await handle.sync();
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

export const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1);
