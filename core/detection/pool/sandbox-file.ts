import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../../runtime/errors.js';
import type { Service } from '../../runtime/lifecycle.js';
import type { Logger } from '../../runtime/logger.js';
import { replaceFile } from '../../runtime/replace-file.js';
import type { SandboxState } from '../../runtime/sandbox/sandbox-state.js';

const FILE = 'worker-sandbox.json';

const stateSchema = z.object({
  seccomp: z.boolean(),
  landlock: z.number(),
  memoryBytes: z.number(),
  missing: z.array(z.string()),
}) satisfies z.ZodType<SandboxState>;

/**
 * What holds the workers of the service back, in a file of the data folder, for the doctor; absent while the service is
 * stopped. A worker of the doctor's own is not under the unit or the container's runtime, which may deny a part.
 */
export class SandboxFile implements Service {
  readonly name = 'sandbox report';
  readonly #file: string;

  constructor(
    dataFolder: string,
    private readonly sandbox: () => SandboxState | undefined,
    private readonly log: Logger,
  ) {
    this.#file = join(dataFolder, FILE);
  }

  /** Needs a worker that is ready. */
  async start(): Promise<void> {
    try {
      await rm(this.#file, { force: true });
      const state = this.sandbox();
      if (state) await replaceFile(this.#file, JSON.stringify(state), { flush: false });
    } catch (error) {
      // A full disk is reported where it matters.
      this.log.debug({ error: messageOf(error) }, 'sandbox report not written');
    }
  }

  async stop(): Promise<void> {
    await rm(this.#file, { force: true });
  }
}

/** What a running service has written; undefined if there is nothing that can be read. */
export function readSandbox(dataFolder: string): SandboxState | undefined {
  try {
    return stateSchema.parse(JSON.parse(readFileSync(join(dataFolder, FILE), 'utf8')));
  } catch {
    return undefined;
  }
}
