import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Check, failure, ok, warning } from './finding.js';

export interface DiskExpectation {
  folder: string;
  /** With fewer bytes free nothing is stored. */
  minFreeBytes: number;
  /** What images may take, and what they take now. */
  maxStoredBytes: number;
  storedBytes(): Promise<number>;
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** Whether there is room, also for what the budget still allows. */
export const diskCheck = (expected: DiskExpectation): Check => ({
  about: 'disk',
  async run() {
    const { minFreeBytes, maxStoredBytes } = expected;
    const { bavail, bsize } = await statfs(existing(expected.folder));
    const [free, stored] = [bavail * bsize, await expected.storedBytes()];
    const text = `${gigabytes(free)} free, images take ${gigabytes(stored)} of ${gigabytes(maxStoredBytes)}`;
    if (free < minFreeBytes)
      return failure(
        `${text}: the disk is full, nothing is recorded`,
        `Make room, or lower images.maxStoredGigabytes; ${gigabytes(minFreeBytes)} stay free (images.minFreeMegabytes).`,
      );
    if (free - minFreeBytes < maxStoredBytes - stored)
      return warning(
        `${text}: the disk is full before the budget is spent`,
        `Set images.maxStoredGigabytes to ${(Math.max(0, stored + free - minFreeBytes) / 1e9).toFixed(1)} or less.`,
      );
    return ok(text);
  },
});

/** The folder itself, or the nearest one above it that is there. */
function existing(folder: string): string {
  let path = resolve(folder);
  while (!existsSync(path)) path = dirname(path);
  return path;
}
