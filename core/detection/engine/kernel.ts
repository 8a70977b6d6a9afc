import { createRequire } from 'node:module';
import { join } from 'node:path';
import { messageOf, StartError } from '../../runtime/errors.js';
import { projectRoot } from '../../runtime/project-root.js';

/** A cascade's tables, checked and held by the addon until the last reference to this is gone. */
export interface CascadeHandle {
  readonly cascadeHandle: unique symbol;
}

/** The native addon (`native/addon.cpp`). Its functions run on the calling thread and throw plain errors. */
export interface Kernel {
  loadCascade(tables: Int32Array): CascadeHandle;
  /**
   * Searches according to `plan` (`encode-plan.ts`). `windows` has three numbers for each window that passes: its job, and
   * its x and y in the level's pixels; `scores` the sum of the last stage. Null if more than a million pass.
   */
  search(
    pixels: Uint8Array,
    width: number,
    height: number,
    plan: Int32Array,
    cascades: CascadeHandle[],
    avx2: boolean,
  ): { windows: Int32Array; scores: Float64Array } | null;
  /** Whether this processor can run the kernel, in vectors of 256 bits or of 128. */
  supports(avx2: boolean): boolean;
}

export const kernelFile = (): string =>
  join(projectRoot(), 'core/detection/engine/native/build/Release/engine.node');

/** Throws `StartError` if the addon has not been built or does not load. */
export function loadKernel(): Kernel {
  const file = kernelFile();
  try {
    return createRequire(import.meta.url)(file) as Kernel;
  } catch (cause) {
    throw new StartError(
      `${file} does not load; \`npm run setup\` builds it (${messageOf(cause)})`,
    );
  }
}
