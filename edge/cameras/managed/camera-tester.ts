import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CameraTest } from '../../../core/contract/camera-management.js';
import {
  type DetectionBackend,
  OWN_ORIGIN,
  type Planner,
} from '../../../core/detection/detection.js';
import { ProblemError, StartError } from '../../../core/runtime/errors.js';
import { withDeadline } from '../../../core/runtime/with-deadline.js';
import { CameraError } from '../camera.js';
import { adviceOn, PICTURE_ADVICE } from '../camera-advice.js';
import type { CameraConfig } from '../camera-config.js';
import { planOf } from '../camera-plan.js';
import { type Tried, tryCamera } from '../try-camera.js';

export interface CameraTesterOptions {
  detection: Pick<DetectionBackend, 'draw' | 'analyse'>;
  planner: Planner;
  maxPixels: number;
  /** The cameras that are in force: one of them may have a device open. */
  cameras(): readonly CameraConfig[];
}

const MAX_AT_ONCE = 2;
const DEADLINE_MS = 30_000;
/** Larger pictures are not returned. In base64 they grow by a third. */
const MAX_BYTES = 3 * 1024 * 1024;
const MAX_DETECTIONS = 200;
/** What every browser shows. */
const SHOWN = ['image/jpeg', 'image/png', 'image/webp', 'image/gif'];

/** Tries settings of a camera once, as the service would. Records nothing, and marks no file as processed. */
export class CameraTester {
  #running = 0;

  constructor(private readonly options: CameraTesterOptions) {}

  /** Rejects with `cameras_busy` if two tests are under way, and if `signal` aborts. */
  async test(config: CameraConfig, signal: AbortSignal): Promise<CameraTest> {
    if (this.#running >= MAX_AT_ONCE)
      throw new ProblemError(
        'cameras_busy',
        `At most ${MAX_AT_ONCE} cameras are tested at a time.`,
        {
          retryAfter: 5,
        },
      );
    const untested = this.#whyNot(config);
    if (untested !== undefined) return { outcome: 'nothing', message: untested };
    this.#running++;
    const folder = await mkdtemp(join(tmpdir(), 'siteglass-test-'));
    try {
      return await withDeadline(DEADLINE_MS, signal, (ended) => this.#try(config, folder, ended));
    } catch (error) {
      return failureOf(config, error);
    } finally {
      this.#running--;
      await rm(folder, { recursive: true, force: true });
    }
  }

  #whyNot(config: CameraConfig): string | undefined {
    if (config.kind === 'push')
      return 'The camera uploads its snapshots, so it is not asked for one. Save it, and set its upload address in the camera.';
    if (config.kind !== 'device') return undefined;
    const user = this.options
      .cameras()
      .find((camera) => camera.kind === 'device' && camera.enabled && camera.path === config.path);
    return user && `The appliance has the device open, as camera ${user.id}.`;
  }

  async #try(config: CameraConfig, folder: string, signal: AbortSignal): Promise<CameraTest> {
    const { maxPixels } = this.options;
    const tried = await tryCamera(config, { maxPixels, folder, analyse: undefined, signal });
    if (!tried)
      return { outcome: 'nothing', message: 'The camera responds, and has no picture now.' };
    const { detection, planner } = this.options;
    const { bytes, mediaType, ms } = tried;
    // It refuses a picture that the service would refuse.
    const analysis = await detection.analyse(bytes, planOf(config, planner), OWN_ORIGIN);
    const { width, height } = analysis;
    const picture = {
      dataUrl: await this.#dataUrl(tried),
      ...{ mediaType, width, height, ms },
      bytes: bytes.length,
      detections: analysis.detections.slice(0, MAX_DETECTIONS),
    };
    return { outcome: 'picture', picture };
  }

  async #dataUrl({ bytes, mediaType }: Tried): Promise<string | null> {
    const isShown = SHOWN.includes(mediaType) && bytes.length <= MAX_BYTES;
    if (isShown) return `data:${mediaType};base64,${bytes.toString('base64')}`;
    const drawn = await this.options.detection.draw(bytes, [], OWN_ORIGIN);
    return drawn.length > MAX_BYTES ? null : `data:image/jpeg;base64,${drawn.toString('base64')}`;
  }
}

function failureOf({ kind }: CameraConfig, error: unknown): CameraTest {
  if (error instanceof CameraError)
    return failed(error.code, error.message, adviceOn(kind, error.code));
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return failed('timeout', 'the camera sent no whole picture in time', adviceOn(kind, 'timeout'));
  if (error instanceof StartError)
    return failed('secret_unreadable', error.message, 'Enter the password again.');
  if (error instanceof ProblemError && error.status < 500)
    return failed(error.code, `the picture cannot be used: ${error.message}`, PICTURE_ADVICE);
  throw error;
}

const failed = (code: string, message: string, advice: string): CameraTest => ({
  outcome: 'failed',
  code,
  message,
  advice,
});
