import type { ImageId } from '../../../core/contract/names.js';
import type { Clock } from '../../../core/runtime/clock.js';
import type { Logger } from '../../../core/runtime/logger.js';
import type { ScheduleTime } from '../../../core/runtime/schedule/schedule-time.js';
import type { Camera, Snapshot, SnapshotTrigger } from '../camera.js';
import type { CameraConfig } from '../camera-config.js';
import type { CameraStatus } from '../camera-status.js';
import type { CameraStats } from './camera-stats.js';
import type { FetchLanes } from './fetch-lanes.js';
import type { OperationMonitor } from './operation-monitor.js';
import type { PictureAge } from './picture-age.js';

/**
 * Analyses a snapshot and stores it, all or nothing. Rejects with a ProblemError, whose status shows whether the image
 * was rejected or the appliance is overloaded. Undefined if nothing has moved since the previous snapshot; never for
 * the trigger `request`.
 */
export type Analyse = (
  camera: CameraConfig,
  snapshot: Snapshot,
  trigger: SnapshotTrigger,
) => Promise<ImageId | undefined>;

export interface WatchOptions {
  analyse: Analyse;
  /** Called whenever a camera's state, circuit or last error has changed, and once at the start. */
  onStatus(status: CameraStatus): void;
  lanes: FetchLanes;
  /** Upper bound of an analysis, including the time in the queue. */
  longestAnalysisMs: number;
  clock: Clock;
  time: ScheduleTime;
  log: Logger;
}

/** What the parts of one camera's watch share. */
export interface WatchContext {
  config: CameraConfig;
  camera: Camera;
  options: WatchOptions;
  stats: CameraStats;
  pictureAge: PictureAge;
  /** Called with each picture that was analysed. */
  onPicture(bytes: Buffer): void;
  operations: OperationMonitor;
  /** Aborts when the watch stops. */
  stopping: AbortSignal;
}
