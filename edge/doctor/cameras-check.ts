import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Check, failure, ok, type Verdict } from '../../core/doctor/finding.js';
import { secretFault } from '../../core/doctor/secret-fault.js';
import { inspectImage } from '../../core/images/inspect.js';
import { systemClock } from '../../core/runtime/clock.js';
import { ProblemError } from '../../core/runtime/errors.js';
import { type Camera, CameraError, type CameraErrorCode } from '../cameras/camera.js';
import type { CameraConfig } from '../cameras/camera-config.js';
import { createCamera } from '../cameras/create-camera.js';
import { Semaphore } from '../cameras/schedule/semaphore.js';
import { withDeadline } from '../cameras/schedule/with-deadline.js';

export interface CamerasExpectation {
  cameras: readonly CameraConfig[];
  maxPixels: number;
  /** Devices are then open in another process. */
  isRunning: boolean;
}

const AT_A_TIME = 8;
/** Whatever a camera may take in the service. */
const LONGEST_MS = 15_000;

const ADVICE: Partial<Record<CameraErrorCode, string>> = {
  unreachable:
    'Is it switched on, and is its address right? `siteglass-edge discover` lists what answers.',
  timeout: 'Is it reached by a slow network? timeoutSeconds may be longer.',
  bad_status: 'Correct its url, user name or password.',
  wrong_certificate: 'Compare its fingerprint, and set the new one if it is the camera’s.',
  too_large: 'Ask it for a smaller picture, or raise maxBytes.',
  silent: 'It uploads nothing; look at its own settings.',
};

/** Each camera is asked once, as the service asks it; nothing is analysed, and no file is taken for done. */
export const camerasCheck = (expected: CamerasExpectation): Check => ({
  about: 'cameras',
  async run() {
    const { cameras } = expected;
    if (cameras.length === 0) return ok('none is configured');
    const places = new Semaphore(AT_A_TIME);
    const state = await mkdtemp(join(tmpdir(), 'siteglass-doctor-'));
    const never = new AbortController().signal;
    try {
      return await Promise.all(
        cameras.map(async (config) => {
          const release = await places.acquire(never);
          return look(config, expected, state).finally(release);
        }),
      );
    } finally {
      await rm(state, { recursive: true, force: true });
    }
  },
});

async function look(
  config: CameraConfig,
  { maxPixels, isRunning }: CamerasExpectation,
  state: string,
): Promise<Verdict> {
  const { id, kind } = config;
  if (kind === 'push') return ok(`${id} uploads by itself`);
  if (kind === 'device' && isRunning) return ok(`${id} is not asked: the appliance has it open`);
  const fault = secretFault('auth' in config ? config.auth?.password : undefined);
  if (fault) return { ...fault, text: `${id} is not asked: ${fault.text}` };
  const camera = createCamera(config, state, systemClock);
  const began = performance.now();
  try {
    const bytes = await take(camera, config);
    if (!bytes) return ok(`${id} answers, and has nothing new`);
    const { mediaType, width, height } = inspectImage(bytes, maxPixels);
    const ms = Math.round(performance.now() - began);
    return ok(`${id} gives ${width} × ${height}, ${mediaType}, in ${ms} ms`);
  } catch (error) {
    if (error instanceof CameraError)
      return failure(`${id}: ${error.message}`, adviceOn(kind, error.code));
    if (error instanceof ProblemError)
      return failure(
        `${id} gives no picture that can be used: ${error.message}`,
        'Correct its url or path.',
      );
    throw error;
  } finally {
    await camera.close?.();
  }
}

const adviceOn = (kind: CameraConfig['kind'], code: CameraErrorCode): string =>
  kind === 'device'
    ? 'Is it plugged in, and may this user read it (group video)? A service needs the drop-in video4linux.conf.'
    : (ADVICE[code] ?? 'Correct its settings.');

async function take(camera: Camera, { timeoutSeconds }: CameraConfig): Promise<Buffer | undefined> {
  const deadlineMs = Math.min(timeoutSeconds * 1_000, LONGEST_MS);
  const signal = new AbortController().signal;
  const snapshot = await withDeadline(deadlineMs, signal, (ending) => camera.take(ending));
  return snapshot?.bytes;
}
