import type { Kysely } from 'kysely';
import type { MotionAnswer, MotionValues } from '../../core/contract/camera-management.js';
import type { DetectionBackend, JobOrigin, Thumbnail } from '../../core/detection/detection.js';
import { imageTable } from '../../core/images/image-table.js';
import type { ImageTables } from '../../core/images/tables.js';
import { toIsoString } from '../../core/runtime/clock.js';
import { ProblemError } from '../../core/runtime/errors.js';
import type { CameraConfig } from '../cameras/camera-config.js';
import { type MotionSettings, motionSchema } from '../sightings/sighting-settings.js';
import { Background } from './background.js';
import { THUMBNAIL_SIDE } from './motion-gate.js';
import type { MotionGates } from './motion-gates.js';

export interface MotionValuesOptions {
  gates: Pick<MotionGates, 'valuesOf'>;
  /** For cameras without settings of their own. */
  motion: MotionSettings | undefined;
  db: Kysely<ImageTables>;
  originalBytes(sha256: string): Promise<Buffer | undefined>;
  detection: Pick<DetectionBackend, 'analyseIf'>;
}

const ORIGIN: JobOrigin = { kind: 'service', id: 'motion' };
/** Cameras whose last comparison is kept, so that pages that ask every second cost one decoding a snapshot. */
const MAX_KEPT = 256;

interface Compared {
  image: string;
  threshold: number;
  values: Promise<MotionValues | null>;
}

/** What the motion gate of a camera measures, or would measure. */
export class MotionValuesReader {
  readonly #compared = new Map<string, Compared>();

  constructor(private readonly options: MotionValuesOptions) {}

  async of(camera: CameraConfig): Promise<Omit<MotionAnswer, 'status'>> {
    const { gates, motion } = this.options;
    const settings = camera.motion ?? motion;
    const enabled = settings?.enabled ?? false;
    const { threshold, searchEvery } = settings ?? motionSchema.parse({});
    const last = enabled
      ? (gates.valuesOf(camera.id) ?? null)
      : await this.#betweenStored(camera.id, threshold);
    return { enabled, threshold, searchEvery, last };
  }

  /** Without a gate every snapshot is stored: the last two are compared. */
  async #betweenStored(camera: string, threshold: number): Promise<MotionValues | null> {
    const [newer, older] = await imageTable.list(this.options.db, { camera, limit: 2 });
    if (!newer || !older) return null;
    const known = this.#compared.get(camera);
    if (known?.image === newer.id && known.threshold === threshold) return known.values;
    const at = toIsoString(Number(newer.created_at));
    const values = this.#compare(older.sha256, newer.sha256, { threshold, at });
    this.#keep(camera, { image: newer.id, threshold, values });
    return values;
  }

  #keep(camera: string, compared: Compared): void {
    this.#compared.delete(camera);
    this.#compared.set(camera, compared);
    const [oldest] = this.#compared.keys();
    if (this.#compared.size > MAX_KEPT && oldest !== undefined) this.#compared.delete(oldest);
    // One that failed is made again.
    compared.values.catch(() => this.#compared.delete(camera));
  }

  async #compare(
    older: string,
    newer: string,
    { threshold, at }: { threshold: number; at: string },
  ): Promise<MotionValues | null> {
    const before = await this.#thumbnail(older);
    const after = await this.#thumbnail(newer);
    if (!before || !after) return null;
    const background = new Background(before);
    if (!background.fits(after)) return null;
    const decision = background.isMoved(after, threshold) ? 'moved' : 'skipped';
    return { at, decision, sinceSearch: 0, ...background.measured(threshold) };
  }

  async #thumbnail(sha256: string): Promise<Thumbnail | undefined> {
    const { originalBytes, detection } = this.options;
    const bytes = await originalBytes(sha256);
    if (!bytes) return undefined;
    let thumbnail: Thumbnail | undefined;
    const planFor = async (made: Thumbnail) => {
      thumbnail = made;
      return undefined;
    };
    const gate = { side: THUMBNAIL_SIDE, acceptDamaged: true, planFor };
    await detection.analyseIf(bytes, gate, ORIGIN).catch((error: unknown) => {
      if (!(error instanceof ProblemError) || error.status >= 500) throw error;
    });
    return thumbnail;
  }
}
