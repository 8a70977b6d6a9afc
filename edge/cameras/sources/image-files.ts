import { opendir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { byPlace, type Place } from './bookmark.js';

const EXTENSIONS = ['.jpg', '.jpeg', '.png', '.webp'];

/** A file in a watched folder as it was at one look. */
export interface ImageFile extends Place {
  /** Time of the last change to the content, and (`changedMs`) to the file or its name: it rises on arrival. */
  modifiedMs: number;
  bytes: number;
}

/** Names that uploads use while they are under way begin with a dot or end in another extension. */
export const isImageName = (name: string): boolean =>
  !name.startsWith('.') && EXTENSIONS.includes(extname(name).toLowerCase());

/** Names of the images directly in a folder. */
export async function* imageNames(folder: string, signal: AbortSignal): AsyncGenerator<string> {
  for await (const entry of await opendir(folder)) {
    signal.throwIfAborted();
    if (!entry.isDirectory() && isImageName(entry.name)) yield entry.name;
  }
}

/** Undefined where the file is gone or is no file. */
export async function lookAt(folder: string, name: string): Promise<ImageFile | undefined> {
  const found = await stat(join(folder, name)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!found?.isFile()) return undefined;
  return { name, changedMs: found.ctimeMs, modifiedMs: found.mtimeMs, bytes: found.size };
}

/** The first `limit` images that arrived after a place, in order. Holds at most twice as many at any time. */
export async function firstAfter(
  folder: string,
  place: Place | undefined,
  limit: number,
  signal: AbortSignal,
): Promise<ImageFile[]> {
  const found: ImageFile[] = [];
  for await (const name of imageNames(folder, signal)) {
    const file = await lookAt(folder, name);
    if (!file || (place && byPlace(file, place) <= 0)) continue;
    found.push(file);
    if (found.length === 2 * limit) found.sort(byPlace).splice(limit);
  }
  return found.sort(byPlace).slice(0, limit);
}
