import type { Kysely } from 'kysely';
import type { Analysis, Detection } from '../../core/contract/detection.js';
import type { ImageId } from '../../core/contract/names.js';
import type { SightingEvent } from '../../core/contract/sighting.js';
import type { Summary } from '../../core/contract/summary.js';
import type { Images, Recorded } from '../../core/images/images.js';
import type { ImageTables } from '../../core/images/tables.js';
import { toIsoString } from '../../core/runtime/clock.js';
import { ProblemError } from '../../core/runtime/errors.js';
import type { Logger } from '../../core/runtime/logger.js';
import { KeyedSerialQueue } from '../../core/runtime/serial-queue.js';
import { over } from '../../core/store/database.js';
import type { Snapshot } from '../cameras/camera.js';
import { type CameraConfig, requestOf } from '../cameras/camera-config.js';
import type { ClockStatus } from '../health/time-sync.js';
import type { Retention } from '../retention/retention.js';
import type { MotionSettings, TrackingSettings } from '../sightings/sighting-settings.js';
import type { Observation, Sightings } from '../sightings/sightings.js';
import type { Outbox } from '../store/outbox.js';
import type { MotionGates } from './motion-gates.js';

const DAY_MS = 86_400_000;
/** A snapshot that is stored, with what it changed. */
export interface Recording extends Recorded {
  camera: string;
  takenAt: number;
  events: SightingEvent[];
  /** Whether its picture is. */
  kept: boolean;
}

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
  /** Called for each snapshot that could not be stored, or not its picture. */
  onUnstored(error: unknown): void;
  log: Logger;
  /** Called after the commit. */
  onRecorded(recording: Recording): void;
  /** Called where the motion gate left a snapshot out. */
  onUnchanged?(camera: string, takenAt: number): void;
}

/** Takes a camera's snapshot through: motion gate, room on disk, analysis, one transaction with its summary and sightings, and the word that it is there. */
export class Recorder {
  /** What each camera showed last, for the log; one short line a camera. */
  readonly #seen = new Map<string, string>();
  readonly #turns = new KeyedSerialQueue();

  constructor(private readonly options: RecorderOptions) {}

  /** Undefined where nothing moved since the last snapshot, unless somebody asked for this one. */
  async record(
    camera: CameraConfig,
    snapshot: Snapshot,
    asked = false,
  ): Promise<ImageId | undefined> {
    try {
      return await this.#turns.run(camera.id, () => this.#record(camera, snapshot, asked));
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'disk_budget_spent')
        this.options.onUnstored(error);
      throw error;
    }
  }

  async #record(
    camera: CameraConfig,
    { bytes, takenAt }: Snapshot,
    asked: boolean,
  ): Promise<ImageId | undefined> {
    const { gates, images, sightings, defaults, onRecorded, onUnchanged } = this.options;
    const { id, zones } = camera;
    const motion = camera.motion ?? defaults.motion;
    const admission = await gates.admit(id, motion, asked, (gate) =>
      images.analyseIf({ bytes, zones }, requestOf(camera), gate),
    );
    if (!admission) {
      sightings.stillThere(id, takenAt);
      onUnchanged?.(id, takenAt);
      return undefined;
    }
    const { recorded, observation, kept } = await this.#store(
      camera,
      bytes,
      takenAt,
      admission.analysis,
    );
    admission.searched();
    sightings.adopt(id, observation);
    this.#logChange(id, recorded.analysis.detections);
    onRecorded({ ...recorded, camera: id, takenAt, events: observation.events, kept });
    return recorded.id;
  }

  /** Without room for it the picture is not kept, but what it shows is: detection goes on. */
  async #store(camera: CameraConfig, bytes: Buffer, takenAt: number, analysis?: Analysis) {
    const { images, retention, outbox, sightings, defaults, clockStatus, onUnstored } =
      this.options;
    const settings = camera.sightings ?? defaults.sightings;
    let observation: Observation = { tracks: [], events: [] };
    const also = async (transaction: Kysely<ImageTables>, result: Recorded) => {
      const summary = summaryOf(camera.id, takenAt, result);
      await outbox?.append(over(transaction), { ...summary, clock: clockStatus() });
      const frame = { image: result.id, takenAt, detections: result.analysis.detections };
      observation = await sightings.observe(over(transaction), camera.id, frame, settings);
    };
    const { id, zones } = camera;
    const source = { camera: id, bytes, takenAt, zones, lifetimeMs: lifetimeOf(camera), analysis };
    const hasRoom = await retention.makeRoom(bytes.length);
    const recorded = hasRoom
      ? await images.record(source, requestOf(camera), also)
      : await images.recordWithoutPicture(source, requestOf(camera), also);
    if (!hasRoom)
      onUnstored(new ProblemError('disk_budget_spent', 'There is no room for the picture.'));
    return { recorded, observation, kept: hasRoom };
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
