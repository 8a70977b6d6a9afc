import type { ProblemError } from '../../../core/runtime/errors.js';
import type { Logger } from '../../../core/runtime/logger.js';
import type { Snapshot } from '../camera.js';

/** Skips snapshots that cannot be analysed, and retries once after a timeout. Never deletes a file. */
export class RejectedSnapshots {
  /** The snapshot that timed out and will be retried. */
  #retry: string | undefined;

  constructor(
    private readonly camera: string,
    private readonly log: Logger,
  ) {}

  /** Whether a snapshot is to be retried in a later run: the timeout may be due to a busy machine. */
  get hasRetry(): boolean {
    return this.#retry !== undefined;
  }

  clearRetry(): void {
    this.#retry = undefined;
  }

  async reject(
    { name, markProcessed, skip = markProcessed }: Snapshot,
    { code }: ProblemError,
  ): Promise<void> {
    const { camera, log } = this;
    // Without a name, the next snapshot counts as the same one.
    const key = name ?? '';
    if (code === 'detection_timeout' && this.#retry !== key) {
      this.#retry = key;
      if (name) log.warn({ camera, file: name, code }, 'file not analysed; retrying once');
      return;
    }
    this.#retry = undefined;
    if (name) log.warn({ camera, file: name, code }, 'file skipped; it is not deleted');
    await skip();
  }
}
