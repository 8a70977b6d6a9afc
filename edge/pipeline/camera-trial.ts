import { setTimeout as sleep } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type {
  TrialAnswer,
  TrialRequest,
  TrialSnapshot,
} from '../../core/contract/camera-management.js';
import type { Detection } from '../../core/contract/detection.js';
import type { AnalysisPlan, JobOrigin, Planner } from '../../core/detection/detection.js';
import type { DetectionPool } from '../../core/detection/pool/detection-pool.js';
import { imageTable, type StoredImage } from '../../core/images/image-table.js';
import { resultOf } from '../../core/images/presenter.js';
import type { ImageTables } from '../../core/images/tables.js';
import { toIsoString } from '../../core/runtime/clock.js';
import { ProblemError } from '../../core/runtime/errors.js';
import type { CameraConfig } from '../cameras/camera-config.js';
import { planOf } from '../cameras/camera-plan.js';

export interface CameraTrialOptions {
  db: Kysely<ImageTables>;
  /** Undefined if the file is gone. */
  originalBytes(sha256: string): Promise<Buffer | undefined>;
  detection: Pick<DetectionPool, 'analyse' | 'status'>;
  planner: Planner;
  /** How long one trial may take. */
  maxMs?: number;
}

/** All trials together are one origin, so that they get no more of the workers than one camera. */
const ORIGIN: JobOrigin = { kind: 'service', id: 'trial' };
const MAX_MS = 45_000;
/** Results are read from the database in parts: one can have a thousand detections. */
const PART = 10;
const POLL_MS = 25;
/** Detections of one snapshot that an answer has. */
const MAX_SHOWN = 200;

type Trial = Omit<TrialAnswer, 'status'>;

/**
 * Tries draft settings on the last stored snapshots of a camera: what they would have found, beside what was found. One
 * trial at a time, one snapshot after the other, and only while nothing else waits for a worker. It stores nothing.
 */
export class CameraTrial {
  #isRunning = false;

  constructor(private readonly options: CameraTrialOptions) {}

  /** Rejects with `cameras_busy` while another one runs, and if `signal` aborts. */
  async run(
    draft: CameraConfig,
    request: Pick<TrialRequest, 'snapshots' | 'before'>,
    signal: AbortSignal,
  ): Promise<Trial> {
    if (this.#isRunning)
      throw new ProblemError('cameras_busy', 'Another trial is under way. Try again soon.', {
        retryAfter: 5,
      });
    this.#isRunning = true;
    try {
      return await this.#run(draft, request, signal);
    } finally {
      this.#isRunning = false;
    }
  }

  async #run(
    draft: CameraConfig,
    { snapshots: wanted, before }: Pick<TrialRequest, 'snapshots' | 'before'>,
    signal: AbortSignal,
  ): Promise<Trial> {
    const { db, planner, maxMs = MAX_MS } = this.options;
    const startedAt = performance.now();
    const elapsed = () => performance.now() - startedAt;
    const plan = planOf(draft, planner);
    const snapshots: TrialSnapshot[] = [];
    let after = before;
    let rest: StoredImage[] = [];
    while (snapshots.length < wanted && elapsed() < maxMs) {
      const limit = Math.min(PART, wanted - snapshots.length) + 1;
      rest = await imageTable.list(db, { camera: draft.id, limit, after });
      const part = rest.splice(0, limit - 1);
      for (const image of part) {
        if (elapsed() >= maxMs) break;
        snapshots.push(await this.#tried(image, plan, signal));
        after = image.id;
      }
      if (rest.length === 0) break;
    }
    const last = snapshots.at(-1)?.image ?? before;
    const [older] = await imageTable.list(db, { camera: draft.id, limit: 1, after: last });
    return {
      ...summed(snapshots),
      snapshots: snapshots.map(shortened),
      complete: snapshots.length >= wanted || older === undefined,
      next: older && last !== undefined ? last : null,
      seconds: Math.round(elapsed() / 100) / 10,
    };
  }

  async #tried(
    image: StoredImage,
    plan: AnalysisPlan,
    signal: AbortSignal,
  ): Promise<TrialSnapshot> {
    const { id, created_at, width, height } = image;
    const shown = {
      image: id,
      takenAt: toIsoString(Number(created_at)),
      ...{ width, height },
      before: image.result === null ? [] : resultOf(image).detections,
    };
    const found = await this.#detections(image, plan, signal);
    return typeof found === 'string'
      ? { ...shown, after: null, fault: found }
      : { ...shown, after: found, fault: null };
  }

  /** What the plan finds, or why the snapshot is not analysed. */
  async #detections(
    { sha256 }: StoredImage,
    plan: AnalysisPlan,
    signal: AbortSignal,
  ): Promise<Detection[] | string> {
    const { originalBytes, detection } = this.options;
    const bytes = await originalBytes(sha256);
    if (!bytes) return 'its picture is not stored any more';
    while (detection.status().queued > 0) await sleep(POLL_MS, undefined, { signal });
    signal.throwIfAborted();
    try {
      return (await detection.analyse(bytes, plan, ORIGIN)).detections;
    } catch (error) {
      if (error instanceof ProblemError && error.status < 500) return error.message;
      throw error;
    }
  }
}

function summed(
  snapshots: TrialSnapshot[],
): Pick<Trial, 'before' | 'after' | 'labels' | 'analysed'> {
  const analysed = snapshots.filter(({ after }) => after !== null);
  const counts = new Map<string, { label: string; before: number; after: number }>();
  const count = (when: 'before' | 'after', { label }: Detection) => {
    const sum = counts.get(label) ?? { label, before: 0, after: 0 };
    sum[when]++;
    counts.set(label, sum);
  };
  for (const { before, after } of analysed) {
    for (const detection of before) count('before', detection);
    for (const detection of after ?? []) count('after', detection);
  }
  const labels = [...counts.values()].sort((a, b) => (a.label < b.label ? -1 : 1));
  return {
    before: labels.reduce((sum, { before }) => sum + before, 0),
    after: labels.reduce((sum, { after }) => sum + after, 0),
    labels,
    analysed: analysed.length,
  };
}

const shortened = ({ before, after, ...snapshot }: TrialSnapshot): TrialSnapshot => ({
  ...snapshot,
  before: before.slice(0, MAX_SHOWN),
  after: after === null ? null : after.slice(0, MAX_SHOWN),
});
