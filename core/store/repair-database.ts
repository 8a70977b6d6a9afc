import { closeSync, existsSync, openSync, rmSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf, StartError } from '../runtime/errors.js';
import {
  buildingFile,
  KEPT_DAMAGED,
  readIfPresent,
  removeOldDamagedFiles,
  replaceDatabase,
  takeOwnerOf,
  writeWhole,
} from './database-files.js';
import { type Repair, RepairLog } from './repair-log.js';
import { type Salvaged, type SalvagePlan, salvageDatabase } from './salvage/salvage-database.js';
import { isStorageFailure } from './storage-failure.js';

/** Free space that stays beyond the size of the new database. */
const SPARE_BYTES = 8_000_000;

const markOf = (file: string): string => `${file}.damage`;

/** Remembers across a restart that a database was found damaged, and how. */
export function markDamaged(file: string, cause: string): void {
  writeWhole(markOf(file), cause);
}

/** How a database was found damaged; undefined if it was not, or was repaired since. */
export const markedDamage = (file: string): string | undefined => readIfPresent(markOf(file));

/**
 * Writes what can be read of a damaged database into a new one, which takes its place; the damaged file stays beside it
 * as `NAME.damaged-TIME`. Nothing else may use the database. Nothing is removed or renamed before the new one is
 * complete and on the disk. Throws StartError if that is not possible.
 */
export async function repairDatabase(
  file: string,
  plan: SalvagePlan,
  cause: string,
  now: number,
): Promise<Repair> {
  const building = buildingFile(file);
  try {
    await checkSpace(file, cause);
    const { losses, notes } = await salvage(file, building, plan);
    const repair = { at: now, cause, losses, notes };
    takeOwnerOf(building, dirname(file));
    new RepairLog(file).add(repair);
    replaceDatabase(file);
    rmSync(markOf(file), { force: true });
    return repair;
  } catch (error) {
    for (const end of ['', '-journal']) rmSync(`${building}${end}`, { force: true });
    if (error instanceof StartError) throw error;
    const advice = isStorageFailure(error)
      ? 'make room on the disk, or make the folder writable'
      : 'restore a backup, or move the file away to start without what it holds';
    throw new StartError(
      `${file} is damaged (${cause}) and cannot be repaired: ${messageOf(error)}; ${advice}`,
      { cause: error },
    );
  }
}

async function salvage(file: string, building: string, plan: SalvagePlan): Promise<Salvaged> {
  const isThere = existsSync(file);
  const hasContent = isThere && statSync(file).size > 0;
  const hasLog = existsSync(`${file}-wal`) && statSync(`${file}-wal`).size > 0;
  // The log alone may hold all pages.
  if (!isThere && hasLog) closeSync(openSync(file, 'a', 0o600));
  return salvageDatabase(file, building, plan, !(hasContent || hasLog));
}

/** The new database is at most as large as the old one with its log. Older damaged files give way to it. */
async function checkSpace(file: string, cause: string): Promise<void> {
  const needed = sizeOf(file) + sizeOf(`${file}-wal`) + SPARE_BYTES;
  for (const kept of [KEPT_DAMAGED - 1, 0]) {
    const { bavail, bsize } = await statfs(dirname(file));
    if (bavail * bsize >= needed) return;
    removeOldDamagedFiles(file, kept);
  }
  const { bavail, bsize } = await statfs(dirname(file));
  if (bavail * bsize >= needed) return;
  const megabytes = (bytes: number) => Math.ceil(bytes / 1_000_000);
  throw new StartError(
    `${file} is damaged (${cause}), and its repair needs ${megabytes(needed)} MB of free disk space; ${megabytes(bavail * bsize)} MB are free. Delete other files; the next start repairs it`,
  );
}

const sizeOf = (path: string): number => (existsSync(path) ? statSync(path).size : 0);
