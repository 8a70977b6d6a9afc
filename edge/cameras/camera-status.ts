import type { CameraConfig } from './camera-config.js';

/** `starting` until the first answer; `offline` after three failures in a row. */
export type CameraState = 'starting' | 'online' | 'offline' | 'paused';

/** `open` while the camera is left alone after failures, `half-open` from then until the next attempt has shown. */
export type CircuitState = 'closed' | 'open' | 'half-open';

/** What is known of a camera now. Times are milliseconds since the epoch; counts are since the start. */
export interface CameraStatus {
  id: string;
  name: string | undefined;
  kind: CameraConfig['kind'];
  state: CameraState;
  lastAttemptAt: number | null;
  /** When the last snapshot that was analysed had been taken. */
  lastSnapshotAt: number | null;
  /** Why the last attempt failed, without credentials; null after one that went well. */
  lastError: string | null;
  consecutiveFailures: number;
  circuit: CircuitState;
  /** Snapshots analysed. */
  taken: number;
  /** Snapshots that were not analysed because nothing had moved since the last one that was. */
  unchanged: number;
  failed: number;
  /** Runs and uploads left out because no time window was open. */
  outsideWindows: number;
  /** Snapshots dropped because detection or the store had no room for them. */
  shed: number;
  /** Runs left out because the one before them was still under way. */
  skippedOverlap: number;
  nextRunAt: number | null;
}
