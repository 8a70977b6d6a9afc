import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Check, failure, ok, type Verdict } from '../../core/doctor/finding.js';
import { secretFault } from '../../core/doctor/secret-fault.js';
import { type DetectionExpectation, withDetection } from '../../core/doctor/with-detection.js';
import { openCvFault } from '../../core/opencv/opencv-addon.js';
import { ProblemError, StartError } from '../../core/runtime/errors.js';
import { Semaphore } from '../../core/runtime/semaphore.js';
import { CameraError } from '../cameras/camera.js';
import { adviceOn, PICTURE_ADVICE } from '../cameras/camera-advice.js';
import type { CameraConfig } from '../cameras/camera-config.js';
import type { SavedStatuses } from '../cameras/status-file.js';
import { type Analyse, tryCamera } from '../cameras/try-camera.js';

export interface CamerasExpectation {
  cameras: readonly CameraConfig[];
  detection: DetectionExpectation;
  /** If so, the appliance has the devices open. */
  isRunning: boolean;
  /** What the running appliance says about its cameras. */
  reported: SavedStatuses;
}

const MAX_CONCURRENT = 8;

/** Takes one snapshot from each camera and analyses it, as the service does. Records nothing, and marks no file as processed. */
export const camerasCheck = (expected: CamerasExpectation): Check => ({
  about: 'cameras',
  async run() {
    if (expected.cameras.length === 0) return ok('none configured');
    try {
      return await withDetection(expected.detection, ({ pool, catalog }) =>
        checkAll(expected, (bytes) => pool.analyse(bytes, catalog.plan({}))),
      );
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      // The check of detection says why; the cameras can be tried without it.
      return await checkAll(expected, undefined);
    }
  },
});

/** Whether a camera has to be tried: not while the running appliance takes its pictures. */
export type IsTried = (camera: CameraConfig) => boolean;

/** The same for the running appliance: its workers analyse, and a camera that works is not asked a second time. */
export const ownCamerasCheck = (
  expected: CamerasExpectation,
  analyse: Analyse,
  isTried: IsTried,
): Check => ({
  about: 'cameras',
  async run() {
    const { cameras } = expected;
    if (cameras.length === 0) return ok('none configured');
    const tried = cameras.filter(isTried);
    const online = cameras.length - tried.length;
    const found = tried.length > 0 ? await checkAll({ ...expected, cameras: tried }, analyse) : [];
    return online > 0 ? [ok(`${online} of ${cameras.length} are online`), ...found] : found;
  },
});

async function checkAll(
  expected: CamerasExpectation,
  analyse: Analyse | undefined,
): Promise<Verdict[]> {
  const permits = new Semaphore(MAX_CONCURRENT);
  const folder = await mkdtemp(join(tmpdir(), 'siteglass-doctor-'));
  const never = new AbortController().signal;
  try {
    return await Promise.all(
      expected.cameras.map(async (config) => {
        const release = await permits.acquire(never);
        const verdict = await checkCamera(config, expected, folder, analyse).finally(release);
        return withReported(verdict, config, expected.reported);
      }),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A test that succeeds is not the whole truth: it is a new login and one picture. */
function withReported(verdict: Verdict, { id }: CameraConfig, reported: SavedStatuses): Verdict {
  const { state, lastError } = (Object.hasOwn(reported, id) ? reported[id] : undefined) ?? {};
  if (verdict.state !== 'ok' || !lastError) return verdict;
  return failure(
    `${verdict.text}; but the running appliance reports ${state}: ${lastError}`,
    'See "Cameras" in docs/troubleshooting.md. If the test succeeds each time, restart the camera.',
  );
}

async function checkCamera(
  config: CameraConfig,
  { detection, isRunning }: CamerasExpectation,
  folder: string,
  analyse: Analyse | undefined,
): Promise<Verdict> {
  const { id, kind } = config;
  if (kind === 'push') return ok(`${id} uploads its snapshots; not tested`);
  if (kind === 'device' && isRunning && openCvFault('capture') === undefined)
    return ok(`${id} not tested: the appliance has the device open`);
  const fault = secretFault('auth' in config ? config.auth?.password : undefined);
  if (fault) return { ...fault, text: `${id} not tested: ${fault.text}` };
  try {
    const found = await tryCamera(config, { maxPixels: detection.maxPixels, folder, analyse });
    if (!found) return ok(`${id} responds, and has nothing new`);
    const { width, height, mediaType, ms } = found;
    return ok(`${id}: ${width} × ${height}, ${mediaType}, in ${ms} ms`);
  } catch (error) {
    if (error instanceof CameraError)
      return failure(`${id}: ${error.message}`, adviceOn(kind, error.code));
    if (error instanceof ProblemError)
      return failure(
        `${id}: the snapshot is not a supported image: ${error.message}`,
        PICTURE_ADVICE,
      );
    throw error;
  }
}
