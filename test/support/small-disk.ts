import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { processFolder, temporaryFolder } from './temporary-folder.js';

/** A file system of a few megabytes in memory, which can be filled to the last byte. */
export class SmallDisk {
  private constructor(readonly folder: string) {}

  /** Throws if mounting fails: see `canMount`. */
  static mount(folder: string, megabytes: number): SmallDisk {
    mkdirSync(folder, { recursive: true });
    const options = `size=${megabytes}m`;
    const { error, status, stderr } = spawnSync(
      'mount',
      ['-t', 'tmpfs', '-o', options, 'tmpfs', folder],
      { encoding: 'utf8' },
    );
    if (error || status !== 0)
      throw new Error(`${folder} cannot be mounted: ${error?.message ?? stderr.trim()}`);
    return new SmallDisk(folder);
  }

  /** Takes all the space that is left. */
  fill(): void {
    for (const size of [65_536, 1_024, 1])
      for (;;) {
        try {
          appendFileSync(this.#ballast, Buffer.alloc(size));
        } catch {
          break;
        }
      }
  }

  /** Gives the space back that `fill` took. */
  free(): void {
    rmSync(this.#ballast, { force: true });
  }

  unmount(): void {
    spawnSync('umount', ['--lazy', this.folder]);
  }

  get #ballast(): string {
    return join(this.folder, 'ballast');
  }
}

/** A small disk that is unmounted when the test ends. */
export async function smallDisk(t: ExecutionContext, megabytes: number): Promise<SmallDisk> {
  const disk = SmallDisk.mount(join(await temporaryFolder(t), 'disk'), megabytes);
  t.teardown(() => disk.unmount());
  return disk;
}

let mountable: boolean | undefined;

/** Whether this process may mount a file system. Root may, except in a container without that right. */
export function canMount(): boolean {
  mountable ??= tryToMount();
  return mountable;
}

function tryToMount(): boolean {
  try {
    SmallDisk.mount(processFolder(), 1).unmount();
    return true;
  } catch {
    return false;
  }
}
