import type { Analysis, Detection } from '../../core/contract/detection.js';
import type { ImageId } from '../../core/contract/names.js';
import type { Summary } from '../../core/contract/summary.js';
import type { Images, Recorded } from '../../core/images/images.js';
import { toIsoString } from '../../core/runtime/clock.js';
import { ProblemError } from '../../core/runtime/errors.js';
import type { Logger } from '../../core/runtime/logger.js';
import { KeyedSerialQueue } from '../../core/runtime/serial-queue.js';
import type { Transaction } from '../../core/store/unit-of-work.js';
import type { Snapshot, SnapshotTrigger } from '../cameras/camera.js';
import { type CameraConfig, requestOf } from '../cameras/camera-config.js';
import type { ClockStatus } from '../health/time-sync.js';
import type { Retention } from '../retention/retention.js';
import type { MotionSettings, TrackingSettings } from '../sightings/sighting-settings.js';
import type { Sightings } from '../sightings/sightings.js';
import type { Outbox } from '../store/outbox.js';
import { outboxTables, sightingTables } from '../store/tables.js';
import type { EdgeEvents } from './edge-events.js';
import type { MotionGates } from './motion-gates.js';

const DAY_MS = 86_400_000;

export interface RecorderOptions {
  images: Images;
  retention: Pick<Retention, 'makeRoom'>;
  /** Undefined if there is no broker to report to. */
  outbox: Outbox | undefined;
  sightings: Sightings;
  gates: MotionGates;
  /** For cameras without their own settings. */
  defaults: { sightings: TrackingSettings; motion: MotionSettings | undefined };
  clockStatus(): ClockStatus;
  /** A time of the clock, by the clock that is trusted: for sightings, which last over a setting of the clock. */
  trusted?: (at: number) => number;
  /** Receives each snapshot after its commit, and each failure to store one. */
  events: EdgeEvents;
  log: Logger;
}

/**
 * Records a snapshot: motion gate, disk space, analysis, one transaction with summary and sightings, then an event.
 */
export class Recorder {
  /** The labels in each camera's last snapshot, for the log. */
  readonly #lastLabels = new Map<string, string>();
  readonly #queues = new KeyedSerialQueue();
  #unstored = 0;

  constructor(private readonly options: RecorderOptions) {}

  /** Snapshots that could not be stored, or only without their image, since the start. */
  get unstored(): number {
    return this.#unstored;
  }

  /** Undefined if nothing moved since the last snapshot; one that was requested is always recorded. */
  async record(
    camera: CameraConfig,
    snapshot: Snapshot,
    trigger: SnapshotTrigger = 'schedule',
  ): Promise<ImageId | undefined> {
    try {
      return await this.#queues.run(camera.id, () => this.#record(camera, snapshot, trigger));
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'disk_budget_spent') this.#failed(error);
      throw error;
    }
  }

  async #record(
    camera: CameraConfig,
    { bytes, takenAt }: Snapshot,
    trigger: SnapshotTrigger,
  ): Promise<ImageId | undefined> {
    const { gates, images, sightings, defaults, events } = this.options;
    const { id, zones } = camera;
    const motion = camera.motion ?? defaults.motion;
    const admission = await gates.admit(id, motion, trigger === 'request', (gate) =>
      images.analyseIf({ camera: id, bytes, zones }, requestOf(camera), gate),
    );
    if (!admission) {
      sightings.refreshLastSeen(id, this.#trusted(takenAt));
      return undefined;
    }
    const { recorded, observation, kept } = await this.#store(
      camera,
      bytes,
      takenAt,
      admission.analysis,
    );
    admission.searched();
    sightings.apply(id, observation);
    this.#logChange(id, recorded.analysis.detections);
    events.emit('snapshotRecorded', {
      ...{ ...recorded, ...observation, camera: id, takenAt, kept },
      bytes: bytes.length,
    });
    return recorded.id;
  }

  /** Without disk space for the image it is analysed and recorded, but not stored. */
  async #store(camera: CameraConfig, bytes: Buffer, takenAt: number, analysis?: Analysis) {
    const { images, retention, outbox, sightings, defaults, clockStatus } = this.options;
    const { id, zones } = camera;
    const settings = camera.sightings ?? defaults.sightings;
    const hasSpace = await retention.makeRoom(bytes.length);
    const also = async (transaction: Transaction, result: Recorded) => {
      const summary = summaryOf(camera.id, takenAt, result);
      await outbox?.append(transaction.of(outboxTables), { ...summary, clock: clockStatus() });
      const { width, height, detections, damaged: isPartial = false } = result.analysis;
      const size = { width, height };
      const seen = { image: result.id, takenAt: this.#trusted(takenAt) };
      const frame = { ...seen, detections, size, isPartial, zones, isStored: hasSpace };
      return sightings.update(transaction.of(sightingTables), camera.id, frame, settings);
    };
    const source = { camera: id, bytes, takenAt, zones, lifetimeMs: lifetimeOf(camera), analysis };
    const { recorded, value: observation } = hasSpace
      ? await images.record(source, requestOf(camera), also)
      : await images.recordWithoutImage(source, requestOf(camera), also);
    if (!hasSpace)
      this.#failed(new ProblemError('disk_budget_spent', 'There is no disk space for the image.'));
    return { recorded, observation, kept: hasSpace };
  }

  #trusted(at: number): number {
    return this.options.trusted?.(at) ?? at;
  }

  #failed(error: unknown): void {
    this.#unstored++;
    this.options.events.emit('storageFailed', error);
  }

  #logChange(camera: string, detections: Detection[]): void {
    const labels = detections.map(({ label }) => label).sort();
    const detected = labels.length === 0 ? 'nothing' : labels.join(', ');
    if (this.#lastLabels.get(camera) === detected) return;
    this.#lastLabels.set(camera, detected);
    this.options.log.info({ camera }, `detected: ${detected}`);
  }
}

const lifetimeOf = ({ maxAgeDays }: CameraConfig) => maxAgeDays && maxAgeDays * DAY_MS;

function summaryOf(camera: string, takenAt: number, { id, analysis }: Recorded): Summary {
  const { width, height, detections, omitted, times } = analysis;
  return {
    camera,
    snapshot: id,
    takenAt: toIsoString(takenAt),
    width,
    height,
    detections,
    ...(omitted !== undefined && { omitted }),
    analysisMs: Math.round(times.decodeMs + times.detectMs),
  };
}
