import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { temporaryFolder } from './edge.js';

/** A file system of its own; undefined where it may not be mounted, since only root may. */
export async function smallDisk(
  t: ExecutionContext,
  megabytes: number,
): Promise<string | undefined> {
  const folder = join(await temporaryFolder(), 'disk');
  await mkdir(folder);
  const options = `size=${megabytes}m`;
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
  if (status !== 0) return undefined;
  t.teardown(() => {
    spawnSync('umount', ['--lazy', folder]);
  });
  return folder;
}

/** Takes all that is left. */
export async function fill(file: string): Promise<void> {
  for (const size of [1_000_000, 4_096])
    for (;;) {
      try {
        await writeFile(file, Buffer.alloc(size), { flag: 'a' });
      } catch {
        break;
      }
    }
}
