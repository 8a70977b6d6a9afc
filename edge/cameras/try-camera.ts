import { type Inspected, inspectImage } from '../../core/images/inspect.js';
import { systemClock } from '../../core/runtime/clock.js';
import { withDeadline } from '../../core/runtime/with-deadline.js';
import type { CameraConfig } from './camera-config.js';
import { createCamera } from './create-camera.js';

/** Applies even if the camera's timeoutSeconds is longer. */
const MAX_TIMEOUT_MS = 15_000;

/** Rejects with a ProblemError if the service would refuse the picture. */
export type Analyse = (bytes: Buffer) => Promise<unknown>;

export interface Trial {
  maxPixels: number;
  /** For the positions of folder cameras; not that of the service. */
  folder: string;
  /** Absent if no worker starts; the header is inspected in any case. */
  analyse: Analyse | undefined;
  /** Ends it early. */
  signal?: AbortSignal;
}

export interface Tried extends Inspected {
  bytes: Buffer;
  /** Time of the camera. */
  ms: number;
}

/**
 * Takes one snapshot, and accepts it as the service does; undefined if there is nothing new. Rejects with a CameraError, or with the ProblemError of the picture.
 */
export async function tryCamera(
  config: CameraConfig,
  { maxPixels, folder, analyse, signal = new AbortController().signal }: Trial,
): Promise<Tried | undefined> {
  const camera = createCamera(config, folder, systemClock);
  const startedAt = performance.now();
  try {
    const deadlineMs = Math.min(config.timeoutSeconds * 1_000, MAX_TIMEOUT_MS);
    const snapshot = await withDeadline(deadlineMs, signal, (ended) => camera.take(ended));
    if (!snapshot) return undefined;
    const ms = Math.round(performance.now() - startedAt);
    const inspected = inspectImage(snapshot.bytes, maxPixels);
    await analyse?.(snapshot.bytes);
    return { ...inspected, bytes: snapshot.bytes, ms };
  } finally {
    await camera.close?.();
  }
}
