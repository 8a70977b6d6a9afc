import type { ImageId } from '../../../core/contract/names.js';
import { ProblemError } from '../../../core/runtime/errors.js';
import { CameraError, type SnapshotTrigger } from '../camera.js';
import { isImageRejected, isInvalidImage } from './analysis-failure.js';
import type { SnapshotFetcher } from './snapshot-fetcher.js';
import type { SnapshotProcessor } from './snapshot-processor.js';
import type { WatchContext } from './watch-context.js';

/** Runs of one camera, one at a time: each takes and processes all the snapshots that the camera has. */
export class CameraRunner {
  #current: Promise<ImageId | undefined> | undefined;

  constructor(
    private readonly context: WatchContext,
    private readonly fetcher: SnapshotFetcher,
    private readonly processor: SnapshotProcessor,
    /** Called after each run. */
    private readonly onEnded: () => void,
  ) {}

  get isRunning(): boolean {
    return this.#current !== undefined;
  }

  /** The id of the last image that was stored; undefined if there was nothing new. Call it while no run is in progress. */
  run(trigger: SnapshotTrigger): Promise<ImageId | undefined> {
    this.#current = this.#takeAll(trigger).finally(() => {
      this.#current = undefined;
      this.onEnded();
    });
    return this.#current;
  }

  /** Runs on request, or joins the current run. Rejects with a ProblemError: `camera_failed`, or that of the analysis. */
  async runNow(): Promise<ImageId | undefined> {
    try {
      // A scheduled run may skip its snapshot because nothing has moved; a requested one may not.
      const joined = await this.#current;
      return joined ?? (await (this.#current ?? this.run('request')));
    } catch (error) {
      if (error instanceof CameraError || isInvalidImage(error))
        throw new ProblemError('camera_failed', error.message, { cause: error });
      throw error;
    }
  }

  /** Waits for the current run, whatever its outcome. */
  async ended(): Promise<void> {
    await Promise.allSettled([this.#current]);
  }

  /** An image that is rejected does not block the next ones. */
  async #takeAll(trigger: SnapshotTrigger): Promise<ImageId | undefined> {
    const { config, stats, pictureAge, stopping } = this.context;
    let image: ImageId | undefined;
    for (let more = true; more && !stopping.aborted; ) {
      more = false;
      try {
        const snapshot = await this.fetcher.fetch();
        more = snapshot?.more ?? false;
        // Only a conditional request ends without a snapshot at such a camera.
        if (!snapshot && config.kind === 'http') pictureAge.recordNotModified();
        if (snapshot) image = (await this.processor.process(snapshot, trigger)) ?? image;
        // A camera that uploads has done nothing in a run, so that its last refusal stays.
        if (config.kind !== 'push') stats.recordResponse();
      } catch (error) {
        this.processor.recordFailure(error);
        if (!more || !isImageRejected(error) || this.processor.hasRetry) throw error;
      }
    }
    return image;
  }
}
