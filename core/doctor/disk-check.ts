import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Check, failure, ok, warning } from './finding.js';

export interface DiskExpectation {
  folder: string;
  /** With fewer bytes free nothing is stored. */
  minFreeBytes: number;
  /** What images may take there, and what they take now; absent where they are kept elsewhere. */
  images: { maxBytes: number; bytes(): Promise<number> } | undefined;
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** Whether there is room, also for what the budget still allows. */
export const diskCheck = ({ folder, minFreeBytes, images }: DiskExpectation): Check => ({
  about: 'disk',
  async run() {
    const { bavail, bsize } = await statfs(existing(folder));
    const free = bavail * bsize;
    const text = `${gigabytes(free)} free`;
    if (free < minFreeBytes)
      return failure(
        `${text}: the disk is full, nothing is recorded`,
        `Make room, or lower images.maxStoredGigabytes; ${gigabytes(minFreeBytes)} stay free (images.minFreeMegabytes).`,
      );
    if (!images) return ok(text);
    const [stored, budget] = [await images.bytes(), images.maxBytes];
    const both = `${text}, images take ${gigabytes(stored)} of ${gigabytes(budget)}`;
    const possible = stored + free - minFreeBytes;
    if (possible >= budget) return ok(both);
    return warning(
      `${both}: the disk is full before the budget is spent`,
      `Set images.maxStoredGigabytes to ${(possible / 1e9).toFixed(1)} or less.`,
    );
  },
});

/** The folder itself, or the nearest one above it that is there. */
function existing(folder: string): string {
  let path = resolve(folder);
  while (!existsSync(path)) path = dirname(path);
  return path;
}
