import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../../core/runtime/errors.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import { replaceFile } from '../../core/runtime/replace-file.js';
import type { CameraStatus } from './camera-status.js';

const FILE = 'camera-status.json';
/** Changes within this time are written together. */
const DELAY_MS = 500;

const savedSchema = z.record(
  z.string(),
  z.object({ state: z.string(), lastError: z.string().nullable() }),
);
export type SavedStatuses = z.infer<typeof savedSchema>;

/** The state of each camera in a file of the data folder, for commands that run beside the service; absent while it is stopped. */
export class CameraStatusFile implements Service {
  readonly name = 'camera status';
  readonly #file: string;
  readonly #statuses = new Map<string, SavedStatuses[string]>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(
    dataFolder: string,
    private readonly log: Logger,
  ) {
    this.#file = join(dataFolder, FILE);
  }

  /** Removes the file of a service that was killed. */
  async start(): Promise<void> {
    await rm(this.#file, { force: true });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#writing;
    await rm(this.#file, { force: true });
  }

  record({ id, state, lastError }: CameraStatus): void {
    this.#statuses.set(id, { state, lastError });
    this.#write();
  }

  remove(id: string): void {
    this.#statuses.delete(id);
    this.#write();
  }

  #write(): void {
    if (this.#isStopped || this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#writing = this.#writing.then(() => this.#replace());
    }, DELAY_MS).unref();
  }

  async #replace(): Promise<void> {
    try {
      const statuses = JSON.stringify(Object.fromEntries(this.#statuses));
      await replaceFile(this.#file, statuses, { flush: false });
    } catch (error) {
      // A full disk is reported where it matters.
      this.log.debug({ error: messageOf(error) }, 'camera status not written');
    }
  }
}

/** What a running service has written; empty if there is nothing that can be read. */
export function readCameraStatuses(dataFolder: string): SavedStatuses {
  try {
    return savedSchema.parse(JSON.parse(readFileSync(join(dataFolder, FILE), 'utf8')));
  } catch {
    return {};
  }
}
