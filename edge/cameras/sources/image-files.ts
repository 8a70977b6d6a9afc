import { opendir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { byArrival, type FolderCursor } from './cursor-file.js';

const EXTENSIONS = ['.jpg', '.jpeg', '.png', '.webp'];

/** An image in a watched folder, as one scan found it. `changedMs` (ctime) is renewed when a file arrives or is renamed. */
export interface ImageFile extends FolderCursor {
  /** Time of the last change of the content (mtime). */
  modifiedMs: number;
  bytes: number;
}

/** False for names of uploads in progress, which begin with a dot or have another extension. */
export const isImageName = (name: string): boolean =>
  !name.startsWith('.') && EXTENSIONS.includes(extname(name).toLowerCase());

/** Names of the images directly in a folder. */
export async function* imageNames(folder: string, signal: AbortSignal): AsyncGenerator<string> {
  for await (const entry of await opendir(folder)) {
    signal.throwIfAborted();
    if (!entry.isDirectory() && isImageName(entry.name)) yield entry.name;
  }
}

/** Undefined if the file no longer exists or is not a regular file. */
export async function statImage(folder: string, name: string): Promise<ImageFile | undefined> {
  const found = await stat(join(folder, name)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!found?.isFile()) return undefined;
  return { name, changedMs: found.ctimeMs, modifiedMs: found.mtimeMs, bytes: found.size };
}

/** The first `limit` images that arrived after `cursor`, in order. Holds at most twice as many at any time. */
export async function imagesAfter(
  folder: string,
  cursor: FolderCursor | undefined,
  limit: number,
  signal: AbortSignal,
): Promise<ImageFile[]> {
  const found: ImageFile[] = [];
  for await (const name of imageNames(folder, signal)) {
    const file = await statImage(folder, name);
    if (!file || (cursor && byArrival(file, cursor) <= 0)) continue;
    found.push(file);
    if (found.length === 2 * limit) found.sort(byArrival).splice(limit);
  }
  return found.sort(byArrival).slice(0, limit);
}
