import type { Detection } from '../core/contract/detection.js';
import type { ImageId } from '../core/contract/names.js';
import type { Summary } from '../core/contract/summary.js';
import type { Images, Recorded } from '../core/images/images.js';
import { instant } from '../core/runtime/clock.js';
import { ProblemError } from '../core/runtime/errors.js';
import type { Logger } from '../core/runtime/logger.js';
import { over } from '../core/store/database.js';
import type { Snapshot } from './cameras/camera.js';
import { type CameraConfig, uploadFieldsOf } from './cameras/camera-config.js';
import { counts } from './cameras/zones.js';
import type { ClockStatus } from './clock-trust.js';
import type { Retention } from './retention/retention.js';
import type { Outbox } from './store/outbox.js';

const DAY_MS = 86_400_000;

export interface RecorderOptions {
  images: Images;
  retention: Pick<Retention, 'makeRoom'>;
  /** Absent where there is no broker to report to. */
  outbox: Outbox | undefined;
  clockStatus(): ClockStatus;
  /** Called for each snapshot that could not be stored. */
  onUnstored(error: unknown): void;
  log: Logger;
  /** Called after the commit. */
  onRecorded(camera: string, takenAt: number, recorded: Recorded): void;
}

/** Takes a camera's snapshot through: room on disk, analysis, one transaction with its summary, and the word that it is there. */
export class Recorder {
  /** What each camera showed last, for the log; one short line a camera. */
  readonly #seen = new Map<string, string>();

  constructor(private readonly options: RecorderOptions) {}

  async record(camera: CameraConfig, { bytes, takenAt }: Snapshot): Promise<ImageId> {
    try {
      return await this.#record(camera, { bytes, takenAt });
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'disk_budget_spent')
        this.options.onUnstored(error);
      throw error;
    }
  }

  async #record(
    camera: CameraConfig,
    { bytes, takenAt }: Pick<Snapshot, 'bytes' | 'takenAt'>,
  ): Promise<ImageId> {
    const { images, retention, outbox, clockStatus, onRecorded } = this.options;
    if (!(await retention.makeRoom(bytes.length)))
      throw new ProblemError('disk_budget_spent', 'There is no room for the snapshot.');
    const recorded = await images.record(
      { camera: camera.id, bytes, takenAt, lifetimeMs: lifetimeOf(camera) },
      uploadFieldsOf(camera),
      async (transaction, result) => {
        const summary = summaryOf(camera.id, takenAt, counted(camera, result));
        await outbox?.append(over(transaction), { ...summary, clock: clockStatus() });
      },
    );
    const seen = counted(camera, recorded);
    this.#logChange(camera.id, seen.analysis.detections);
    onRecorded(camera.id, takenAt, seen);
    return recorded.id;
  }

  #logChange(camera: string, detections: Detection[]): void {
    const labels = detections.map(({ label }) => label).sort();
    const seen = labels.length === 0 ? 'nothing' : labels.join(', ');
    if (this.#seen.get(camera) === seen) return;
    this.#seen.set(camera, seen);
    this.options.log.info({ camera }, `sees ${seen}`);
  }
}

const lifetimeOf = ({ maxAgeDays }: CameraConfig) => maxAgeDays && maxAgeDays * DAY_MS;

/** Without the detections outside the camera's zones. The image keeps all of them: another camera may share them. */
function counted({ zones }: CameraConfig, { id, analysis }: Recorded): Recorded {
  const { width, height } = analysis;
  const detections = analysis.detections.filter(({ box }) => counts(zones, box, width, height));
  return { id, analysis: { ...analysis, detections } };
}

function summaryOf(camera: string, takenAt: number, { id, analysis }: Recorded): Summary {
  const { width, height, detections, times } = analysis;
  return {
    camera,
    snapshot: id,
    takenAt: instant(takenAt),
    width,
    height,
    detections,
    analysisMs: Math.round(times.decodeMs + times.detectMs),
  };
}
