import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Check, failure, ok, warning } from './finding.js';

export interface DiskExpectation {
  folder: string;
  /** Nothing is stored if fewer bytes are free. */
  minFreeBytes: number;
  /** The budget and the current size of the images there; absent if they are stored elsewhere. */
  images: { maxBytes: number; bytes(): Promise<number> } | undefined;
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** Whether enough space is free, now and when the image budget is used up. */
export const diskCheck = ({ folder, minFreeBytes, images }: DiskExpectation): Check => ({
  about: 'disk',
  async run() {
    const { bavail, bsize } = await statfs(existingFolder(folder));
    const free = bavail * bsize;
    const text = `${gigabytes(free)} free`;
    if (free < minFreeBytes)
      return failure(
        `${text}: the disk is full, and nothing is recorded`,
        `Delete other files or lower images.maxStoredGigabytes; ${gigabytes(minFreeBytes)} must stay free (images.minFreeMegabytes).`,
      );
    if (!images) return ok(text);
    const [stored, budget] = [await images.bytes(), images.maxBytes];
    const usage = `${text}, images use ${gigabytes(stored)} of ${gigabytes(budget)}`;
    const possible = stored + free - minFreeBytes;
    if (possible >= budget) return ok(usage);
    return warning(
      `${usage}: the disk will be full before the budget is used up`,
      `Set images.maxStoredGigabytes to ${(possible / 1e9).toFixed(1)} or less.`,
    );
  },
});

/** The folder itself, or its nearest ancestor that exists. */
function existingFolder(folder: string): string {
  let path = resolve(folder);
  while (!existsSync(path)) path = dirname(path);
  return path;
}
