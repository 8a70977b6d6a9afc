import type { Kysely } from 'kysely';
import type { Detection } from '../../core/contract/detection.js';
import type { ImageId } from '../../core/contract/names.js';
import type { Summary } from '../../core/contract/summary.js';
import type { Images, Recorded } from '../../core/images/images.js';
import type { ImageTables } from '../../core/images/tables.js';
import { toIsoString } from '../../core/runtime/clock.js';
import { ProblemError } from '../../core/runtime/errors.js';
import type { Logger } from '../../core/runtime/logger.js';
import { KeyedSerialQueue } from '../../core/runtime/serial-queue.js';
import { over } from '../../core/store/database.js';
import type { Snapshot, SnapshotTrigger } from '../cameras/camera.js';
import { type CameraConfig, requestOf } from '../cameras/camera-config.js';
import type { ClockStatus } from '../health/time-sync.js';
import type { Retention } from '../retention/retention.js';
import type { MotionSettings, TrackingSettings } from '../sightings/sighting-settings.js';
import type { Sightings, SightingUpdate } from '../sightings/sightings.js';
import type { Outbox } from '../store/outbox.js';
import type { EdgeEvents } from './edge-events.js';
import type { MotionGates } from './motion-gates.js';

const DAY_MS = 86_400_000;

export interface RecorderOptions {
  images: Images;
  retention: Pick<Retention, 'makeRoom'>;
  /** Absent where there is no broker to report to. */
  outbox: Outbox | undefined;
  sightings: Sightings;
  gates: MotionGates;
  /** For cameras that have none of their own. */
  defaults: { sightings: TrackingSettings; motion: MotionSettings | undefined };
  clockStatus(): ClockStatus;
  /** Hears of each snapshot after its commit, and of each that could not be stored. */
  events: EdgeEvents;
  log: Logger;
}

/**
 * Takes a snapshot from its camera to the record: motion gate, space on the disk, analysis, one transaction with its
 * summary and sightings, then an event.
 */
export class Recorder {
  /** What each camera showed last, for the log; one short line a camera. */
  readonly #seen = new Map<string, string>();
  readonly #queues = new KeyedSerialQueue();
  #unstored = 0;

  constructor(private readonly options: RecorderOptions) {}

  /** Snapshots that could not be stored, or not with their picture, since the start. */
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
    const { gates, sightings, defaults, events } = this.options;
    const { id } = camera;
    const motion = camera.motion ?? defaults.motion;
    const admission = await gates.admit(id, motion, bytes, trigger === 'request');
    if (!admission) {
      sightings.refreshLastSeen(id, takenAt);
      return undefined;
    }
    const { recorded, observation, kept } = await this.#store(camera, bytes, takenAt);
    admission.searched();
    sightings.apply(id, observation);
    this.#logChange(id, recorded.analysis.detections);
    events.emit('snapshotRecorded', { ...recorded, ...observation, camera: id, takenAt, kept });
    return recorded.id;
  }

  /** Without room for it the picture is not kept, but what it shows is: detection goes on. */
  async #store(camera: CameraConfig, bytes: Buffer, takenAt: number) {
    const { images, retention, outbox, sightings, defaults, clockStatus } = this.options;
    const settings = camera.sightings ?? defaults.sightings;
    let observation: SightingUpdate = { tracks: [], events: [] };
    const also = async (transaction: Kysely<ImageTables>, result: Recorded) => {
      const summary = summaryOf(camera.id, takenAt, result);
      await outbox?.append(over(transaction), { ...summary, clock: clockStatus() });
      const frame = { image: result.id, takenAt, detections: result.analysis.detections };
      observation = await sightings.update(over(transaction), camera.id, frame, settings);
    };
    const { id, zones } = camera;
    const source = { camera: id, bytes, takenAt, zones, lifetimeMs: lifetimeOf(camera) };
    const hasRoom = await retention.makeRoom(bytes.length);
    const recorded = hasRoom
      ? await images.record(source, requestOf(camera), also)
      : await images.recordWithoutPicture(source, requestOf(camera), also);
    if (!hasRoom)
      this.#failed(new ProblemError('disk_budget_spent', 'There is no room for the picture.'));
    return { recorded, observation, kept: hasRoom };
  }

  #failed(error: unknown): void {
    this.#unstored++;
    this.options.events.emit('storageFailed', error);
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
