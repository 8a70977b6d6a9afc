import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** A file system of a few megabytes that can be filled to the last byte. */
export class SmallDisk {
  private constructor(readonly folder: string) {}

  /** Undefined where it may not be mounted, since only root may. */
  static mount(folder: string, megabytes: number): SmallDisk | undefined {
    mkdirSync(folder, { recursive: true });
    const options = `size=${megabytes}m`;
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
    return status === 0 ? new SmallDisk(folder) : undefined;
  }

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
