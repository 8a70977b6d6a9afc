import type { ProblemError } from '../../../core/runtime/errors.js';
import type { Logger } from '../../../core/runtime/logger.js';
import type { Snapshot } from '../camera.js';

/** What becomes of a camera's snapshots that cannot be analysed: they are passed over, and nothing of them is deleted. */
export class RejectedSnapshots {
  /** What took too long once, and will be tried again. */
  #timedOut: string | undefined;

  constructor(
    private readonly camera: string,
    private readonly log: Logger,
  ) {}

  /** One is to be tried again at a later look: a busy machine is no fault of the image. */
  get hasRetry(): boolean {
    return this.#timedOut !== undefined;
  }

  analysed(): void {
    this.#timedOut = undefined;
  }

  async refuse({ name, settle, pass = settle }: Snapshot, { code }: ProblemError): Promise<void> {
    const { camera, log } = this;
    // Without names, what a camera offers next is taken for the same.
    const key = name ?? '';
    if (code === 'detection_timeout' && this.#timedOut !== key) {
      this.#timedOut = key;
      if (name) log.warn({ camera, file: name, code }, 'a file will be tried once more');
      return;
    }
    this.#timedOut = undefined;
    if (name) log.warn({ camera, file: name, code }, 'a file is passed over, and not deleted');
    await pass();
  }
}
