import type { Payload } from '../../core/contract/topics.js';
import { toIsoStringOrNull } from '../../core/runtime/clock.js';
import type { CameraStatus } from '../cameras/camera-status.js';

/** The payload of a camera's report topic. */
export function cameraReport(status: CameraStatus): Payload<'cameraReport'> {
  const { state, circuit, lastError, lastSnapshotAt, pictureAgeSeconds } = status;
  const { consecutiveFailures, taken, unchanged } = status;
  return {
    state,
    circuit,
    paused: state === 'paused',
    lastError,
    lastSnapshotAt: toIsoStringOrNull(lastSnapshotAt),
    pictureAgeSeconds,
    consecutiveFailures,
    taken,
    unchanged,
  };
}
