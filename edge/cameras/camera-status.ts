import type { Backlog } from './camera.js';
import type { CameraConfig } from './camera-config.js';

/**
 * `starting` until the first analysed picture; `offline` after three consecutive failures, and at once if this machine lacks
 * what the camera needs; `frozen` if it has sent the same picture, and `stale` if it has sent no new one, for longer than its limit.
 */
export type CameraState = 'starting' | 'online' | 'frozen' | 'stale' | 'offline' | 'paused';

/** `open` while attempts are suspended after failures, then `half-open` until the next attempt has ended. */
export type CircuitState = 'closed' | 'open' | 'half-open';

/** The current status of a camera. Times are milliseconds since the epoch; counts are since the start. */
export interface CameraStatus {
  id: string;
  name: string | undefined;
  kind: CameraConfig['kind'];
  state: CameraState;
  lastAttemptAt: number | null;
  /** When the last analysed snapshot was taken. */
  lastSnapshotAt: number | null;
  /** Seconds without a new, analysed picture, while one was expected. */
  pictureAgeSeconds: number;
  /** Why the last attempt failed, or why the camera is frozen or stale; without credentials. */
  lastError: string | null;
  consecutiveFailures: number;
  circuit: CircuitState;
  /** Snapshots analysed. */
  taken: number;
  /** Snapshots that were not analysed because nothing had moved since the last analysed one. */
  unchanged: number;
  failed: number;
  /** Damaged snapshots, refused or not. */
  damaged: number;
  /** Runs and uploads skipped because no time window was open. */
  outsideWindows: number;
  /** Snapshots dropped because detection or the store was overloaded. */
  shed: number;
  /** Runs skipped because the previous one was still in progress. */
  skippedOverlap: number;
  nextRunAt: number | null;
  /** What is present at the source and was not taken; null where a source holds one image at a time. */
  backlog: Backlog | null;
}
