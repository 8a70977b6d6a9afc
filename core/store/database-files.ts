import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Damaged files that are kept; the oldest are removed beyond that. */
export const KEPT_DAMAGED = 3;

/** The files beside a database that belong to its repair. */
export const buildingFile = (file: string): string => `${file}.repairing`;
const completeFile = (file: string): string => `${file}.repaired`;

/** Damaged databases that were set aside, oldest first; their logs have the same name with `-wal`. */
export function damagedFiles(file: string): string[] {
  const folder = dirname(file);
  if (!existsSync(folder)) return [];
  const prefix = `${basename(file)}.damaged-`;
  return readdirSync(folder)
    .filter((name) => name.startsWith(prefix) && !name.endsWith('-wal'))
    .sort()
    .map((name) => join(folder, name));
}

/** Removes the oldest damaged files, and keeps the newest `count`. */
export function removeOldDamagedFiles(file: string, count: number): void {
  const files = damagedFiles(file);
  for (const old of files.slice(0, Math.max(0, files.length - count)))
    for (const name of [old, `${old}-wal`]) rmSync(name, { force: true });
}

/**
 * Puts the finished `buildingFile` in the place of the database, and the damaged one aside. `finishReplacement`
 * completes it after a power failure. Resolves with the name of the damaged file; undefined if there was none.
 */
export function replaceDatabase(file: string): string | undefined {
  flush(buildingFile(file));
  renameSync(buildingFile(file), completeFile(file));
  flush(dirname(file));
  return finishReplacement(file);
}

/** Completes a replacement that was interrupted, and removes what an interrupted repair left. */
export function finishReplacement(file: string): string | undefined {
  const building = buildingFile(file);
  for (const end of ['', '-journal', '-wal', '-shm']) rmSync(`${building}${end}`, { force: true });
  const complete = completeFile(file);
  if (!existsSync(complete)) return undefined;
  // The same name however often this is interrupted, so that the log stays with its database.
  const stamp = statSync(complete).mtime.toISOString().replace(/[:.]/g, '-');
  const aside = `${file}.damaged-${stamp}`;
  // The log goes first: SQLite would apply it to whatever database has the name.
  moveIfPresent(`${file}-wal`, `${aside}-wal`);
  rmSync(`${file}-shm`, { force: true });
  moveIfPresent(file, aside);
  flush(dirname(file));
  renameSync(complete, file);
  flush(dirname(file));
  removeOldDamagedFiles(file, KEPT_DAMAGED);
  return existsSync(aside) ? aside : undefined;
}

/** An empty file says nothing, and stays in no one's way. */
function moveIfPresent(from: string, to: string): void {
  if (!existsSync(from)) return;
  if (statSync(from).size === 0) rmSync(from);
  else renameSync(from, to);
}

/** Writes a small file as a whole or not at all, and flushes it to the disk. */
export function writeWhole(path: string, text: string): void {
  const temporary = `${path}.new`;
  writeFileSync(temporary, text, { mode: 0o600 });
  takeOwnerOf(temporary, dirname(path));
  flush(temporary);
  renameSync(temporary, path);
  flush(dirname(path));
}

/** The text of a small file; undefined if there is none. */
export function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Gives a file to the owner of its folder, for a command that root runs beside the service's user. */
export function takeOwnerOf(path: string, folder: string): void {
  if (process.getuid?.() !== 0) return;
  const owner = lstatSync(folder);
  const present = lstatSync(path);
  if (present.uid !== owner.uid || present.gid !== owner.gid) chownSync(path, owner.uid, owner.gid);
}

/** Flushes a file or a folder to the disk. */
export function flush(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
