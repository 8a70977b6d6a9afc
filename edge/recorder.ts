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
import type { Retention } from './retention/retention.js';
import type { Outbox } from './store/outbox.js';

export interface RecorderOptions {
  images: Images;
  retention: Pick<Retention, 'makeRoom'>;
  /** Absent where there is no broker to report to. */
  outbox: Outbox | undefined;
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
    const { images, retention, outbox, onRecorded } = this.options;
    if (!(await retention.makeRoom(bytes.length)))
      throw new ProblemError('disk_budget_spent', 'There is no room for the snapshot.');
    const recorded = await images.record(
      { camera: camera.id, bytes, takenAt },
      uploadFieldsOf(camera),
      async (transaction, result) => {
        await outbox?.append(over(transaction), summaryOf(camera.id, takenAt, result));
      },
    );
    this.#logChange(camera.id, recorded.analysis.detections);
    onRecorded(camera.id, takenAt, recorded);
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
