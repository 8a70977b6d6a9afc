import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Check, failure, ok, type Verdict } from '../../core/doctor/finding.js';
import { secretFault } from '../../core/doctor/secret-fault.js';
import { inspectImage } from '../../core/images/inspect.js';
import { systemClock } from '../../core/runtime/clock.js';
import { ProblemError } from '../../core/runtime/errors.js';
import { Semaphore } from '../../core/runtime/semaphore.js';
import { withDeadline } from '../../core/runtime/with-deadline.js';
import { type Camera, CameraError, type CameraErrorCode } from '../cameras/camera.js';
import type { CameraConfig } from '../cameras/camera-config.js';
import { createCamera } from '../cameras/create-camera.js';

export interface CamerasExpectation {
  cameras: readonly CameraConfig[];
  maxPixels: number;
  /** If so, the appliance has the devices open. */
  isRunning: boolean;
}

const MAX_CONCURRENT = 8;
/** Applies even if the camera's timeoutSeconds is longer. */
const MAX_TIMEOUT_MS = 15_000;

const ADVICE: Partial<Record<CameraErrorCode, string>> = {
  unreachable:
    'Check its power, network and url. To list the ONVIF cameras that respond: siteglass-edge discover',
  timeout: 'Check the network, or raise timeoutSeconds.',
  bad_status: 'Correct its url, or the user name and password under auth.',
  wrong_certificate:
    'Read the fingerprint in the web interface of the camera. If it has changed, set fingerprint to the new one.',
  old_tls:
    'Update the firmware of the camera. If there is no update, set what the message names (docs/configuration.md).',
  faulty_http:
    'Update the firmware of the camera, or take its stream instead (kind mjpeg or rtsp).',
  too_large: 'Configure a smaller image in the camera, or raise maxBytes.',
  silent: 'Check the upload settings of the camera.',
};

/** Takes one snapshot from each camera, as the service does. Analyses nothing, and marks no file as processed. */
export const camerasCheck = (expected: CamerasExpectation): Check => ({
  about: 'cameras',
  async run() {
    const { cameras } = expected;
    if (cameras.length === 0) return ok('none configured');
    const permits = new Semaphore(MAX_CONCURRENT);
    const state = await mkdtemp(join(tmpdir(), 'siteglass-doctor-'));
    const never = new AbortController().signal;
    try {
      return await Promise.all(
        cameras.map(async (config) => {
          const release = await permits.acquire(never);
          return checkCamera(config, expected, state).finally(release);
        }),
      );
    } finally {
      await rm(state, { recursive: true, force: true });
    }
  },
});

async function checkCamera(
  config: CameraConfig,
  { maxPixels, isRunning }: CamerasExpectation,
  state: string,
): Promise<Verdict> {
  const { id, kind } = config;
  if (kind === 'push') return ok(`${id} uploads its snapshots; not tested`);
  if (kind === 'device' && isRunning)
    return ok(`${id} not tested: the appliance has the device open`);
  const fault = secretFault('auth' in config ? config.auth?.password : undefined);
  if (fault) return { ...fault, text: `${id} not tested: ${fault.text}` };
  const camera = createCamera(config, state, systemClock);
  const startedAt = performance.now();
  try {
    const bytes = await take(camera, config);
    if (!bytes) return ok(`${id} responds, and has nothing new`);
    const { mediaType, width, height } = inspectImage(bytes, maxPixels);
    const ms = Math.round(performance.now() - startedAt);
    return ok(`${id}: ${width} × ${height}, ${mediaType}, in ${ms} ms`);
  } catch (error) {
    if (error instanceof CameraError)
      return failure(`${id}: ${error.message}`, adviceOn(kind, error.code));
    if (error instanceof ProblemError)
      return failure(
        `${id}: the snapshot is not a supported image: ${error.message}`,
        'Correct its url or path, so that it returns a JPEG, PNG or WebP image.',
      );
    throw error;
  } finally {
    await camera.close?.();
  }
}

const adviceOn = (kind: CameraConfig['kind'], code: CameraErrorCode): string =>
  kind === 'device'
    ? 'Check that it is connected and readable for group video: ls -l /dev/video*. The service needs the drop-in video4linux.conf (docs/operations.md).'
    : (ADVICE[code] ?? 'Correct its settings (docs/configuration.md).');

async function take(camera: Camera, { timeoutSeconds }: CameraConfig): Promise<Buffer | undefined> {
  const deadlineMs = Math.min(timeoutSeconds * 1_000, MAX_TIMEOUT_MS);
  const never = new AbortController().signal;
  const snapshot = await withDeadline(deadlineMs, never, (signal) => camera.take(signal));
  return snapshot?.bytes;
}
