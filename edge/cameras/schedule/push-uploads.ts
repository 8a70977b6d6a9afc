import type { ImageId } from '../../../core/contract/names.js';
import { trimPicture } from '../../../core/images/trim-picture.js';
import { ProblemError } from '../../../core/runtime/errors.js';
import type { Snapshot } from '../camera.js';
import { PushCamera } from '../sources/push-camera.js';
import type { SnapshotProcessor } from './snapshot-processor.js';
import type { WatchContext } from './watch-context.js';

/** Uploads of one camera that are analysed at the same time; further ones are refused. */
const MAX_CONCURRENT = 4;

/** Snapshots that a camera of kind `push` uploads. */
export class PushUploads {
  readonly #current = new Set<Promise<ImageId | undefined>>();

  constructor(
    private readonly context: WatchContext,
    private readonly processor: SnapshotProcessor,
  ) {}

  /** Counts an upload against the camera's limits. Throws a ProblemError if it is refused. */
  admit(bytes: Buffer, isPaused: boolean): void {
    const { camera, config } = this.context;
    const { id, kind, maxBytes } = config;
    if (!(camera instanceof PushCamera))
      throw new ProblemError(
        'camera_takes_no_uploads',
        `Camera ${id} is of kind ${kind}. Only cameras of kind push accept uploads.`,
      );
    if (isPaused)
      throw new ProblemError(
        'camera_takes_no_uploads',
        `Camera ${id} is paused. Resume it to upload snapshots.`,
      );
    if (bytes.length > maxBytes)
      throw new ProblemError(
        'too_many_bytes',
        `A snapshot of camera ${id} may have up to ${maxBytes} bytes (maxBytes).`,
      );
    const retryAfter = this.#current.size < MAX_CONCURRENT ? camera.admit() : 1;
    if (retryAfter > 0)
      throw new ProblemError(
        'rate_limited',
        `Camera ${id} uploads too often. Retry after ${retryAfter} s.`,
        { retryAfter },
      );
  }

  /** Rejects with the ProblemError of the analysis. */
  async process(bytes: Buffer): Promise<ImageId | undefined> {
    const upload = this.#process(bytes);
    this.#current.add(upload);
    try {
      return await upload;
    } finally {
      this.#current.delete(upload);
    }
  }

  /** Waits for the uploads in progress, whatever their outcome. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#current);
  }

  async #process(bytes: Buffer): Promise<ImageId | undefined> {
    const { options, stats } = this.context;
    const takenAt = options.clock();
    stats.recordAttempt(takenAt);
    try {
      const snapshot: Snapshot = {
        bytes: trimPicture(bytes),
        takenAt,
        more: false,
        markProcessed: async () => {},
      };
      return await this.processor.process(snapshot, 'push');
    } catch (error) {
      this.processor.recordFailure(error);
      throw error;
    }
  }
}
