import type { ImageId } from '../../../core/contract/names.js';
import { messageOf, ProblemError } from '../../../core/runtime/errors.js';
import { LogThrottle } from '../../../core/runtime/log-throttle.js';
import { CameraError, type Snapshot, type SnapshotTrigger } from '../camera.js';
import type { CameraConfig } from '../camera-config.js';
import { isImageRejected, isOverload } from './analysis-failure.js';
import type { Failure } from './camera-stats.js';
import { RejectedSnapshots } from './rejected-snapshots.js';
import type { WatchContext } from './watch-context.js';

const LOG_OVERLOAD_EVERY_MS = 60_000;

/** Has one camera's snapshots analysed, and records the outcome in its stats. */
export class SnapshotProcessor {
  readonly #rejected: RejectedSnapshots;
  readonly #overloadLog = new LogThrottle(LOG_OVERLOAD_EVERY_MS);

  constructor(private readonly context: WatchContext) {
    this.#rejected = new RejectedSnapshots(context.config.id, context.options.log);
  }

  /** Whether a snapshot is to be retried in a later run. */
  get hasRetry(): boolean {
    return this.#rejected.hasRetry;
  }

  /** The id of the stored image; undefined if nothing has moved. Rejects as `Analyse` does, or with a CameraError. */
  async process(snapshot: Snapshot, trigger: SnapshotTrigger): Promise<ImageId | undefined> {
    const { config, options, operations, stats, onPicture } = this.context;
    try {
      const image = await operations.track('analysis', options.longestAnalysisMs, () =>
        options.analyse(config, snapshot, trigger),
      );
      if (image === undefined) stats.recordUnchanged();
      else stats.recordAnalysed(snapshot.takenAt);
      onPicture(snapshot.bytes);
      this.#rejected.clearRetry();
      await snapshot.markProcessed();
      return image;
    } catch (error) {
      if (isImageRejected(error)) await this.#rejected.reject(snapshot, error);
      throw error;
    }
  }

  /** Records why a fetch or an analysis failed. A failure due to a stop is not recorded. */
  recordFailure(error: unknown): void {
    const { config, options, stats, stopping } = this.context;
    if (stopping.aborted) return;
    const camera = config.id;
    const now = options.time.steady();
    if (isOverload(error)) {
      stats.recordShed();
      const { shed } = stats.values;
      if (this.#overloadLog.isDue(camera))
        options.log.warn({ camera, code: error.code, shed }, 'snapshots dropped: overload');
    } else if (error instanceof CameraError || error instanceof ProblemError) {
      if (error.code === 'image_damaged') stats.recordDamaged();
      stats.recordFailure(error.message, now, failureOf(error, config));
    } else {
      const failure = { isOfImage: true, isRefusal: true };
      stats.recordFailure('the snapshot could not be analysed; see the log', now, failure);
      options.log.error({ camera, error: messageOf(error) }, 'snapshot analysis failed');
    }
  }
}

function failureOf(error: CameraError | ProblemError, { kind }: CameraConfig): Failure {
  if (error instanceof ProblemError) return { isOfImage: true, isRefusal: true };
  // A folder that is read again without an error is as it should be; its files are counted one by one.
  const isOfContent = error.code === 'too_large' || error.code === 'unreadable';
  return { isOfImage: false, isRefusal: isOfContent && kind !== 'folder' };
}
