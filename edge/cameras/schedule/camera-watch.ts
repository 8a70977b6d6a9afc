import { createTask, type ScheduledTask } from 'node-cron';
import type { ImageId } from '../../../core/contract/names.js';
import type { Clock } from '../../../core/runtime/clock.js';
import { cronLogger } from '../../../core/runtime/cron-logger.js';
import { messageOf, ProblemError } from '../../../core/runtime/errors.js';
import type { Logger } from '../../../core/runtime/logger.js';
import { type Camera, CameraError, type Snapshot } from '../camera.js';
import type { CameraConfig } from '../camera-config.js';
import { isFaultOfImage, isNoImage, isOverload } from '../camera-failure.js';
import type { CameraStatus } from '../camera-status.js';
import { admitUpload } from '../sources/push-camera.js';
import { CameraStats } from './camera-stats.js';
import type { FetchLanes } from './fetch-lanes.js';
import { RejectedSnapshots } from './rejected-snapshots.js';
import { ScheduleGuard } from './schedule-guard.js';
import { isOpen, nextOpening } from './time-windows.js';
import { withDeadline } from './with-deadline.js';

/**
 * Analyses a snapshot and keeps it, all or nothing. A ProblemError tells whether the image or the moment was
 * wrong. Undefined where nothing has moved since the last one; never where somebody `asked` for the snapshot.
 */
export type Analyse = (
  camera: CameraConfig,
  snapshot: Snapshot,
  asked: boolean,
) => Promise<ImageId | undefined>;

export interface WatchOptions {
  analyse: Analyse;
  /** Called whenever a camera's state, circuit or last error has changed, and once at the start. */
  onStatus(status: CameraStatus): void;
  lanes: FetchLanes;
  /** What an analysis may take at the longest, with all that waits before it. */
  longestAnalysisMs: number;
  clock: Clock;
  log: Logger;
}

const LONGEST_SLOT_MS = 60_000;
const LOG_DROPS_EVERY_MS = 60_000;

/** Asks one camera for snapshots on its schedule, one run at a time, and keeps its status. */
export class CameraWatch {
  readonly #record = new CameraStats();
  readonly #stopping = new AbortController();
  readonly #guard: ScheduleGuard;
  readonly #faulty: RejectedSnapshots;
  #task: ScheduledTask | undefined;
  #running: Promise<ImageId | undefined> | undefined;
  #announced: Pick<CameraStatus, 'state' | 'circuit' | 'lastError'> | undefined;
  #paused: boolean;
  #isSlow = false;
  readonly #uploads = new Set<Promise<ImageId | undefined>>();
  #dropLogged = Number.NEGATIVE_INFINITY;

  constructor(
    readonly config: CameraConfig,
    private readonly camera: Camera,
    private readonly options: WatchOptions,
  ) {
    this.#paused = !config.enabled;
    this.#guard = new ScheduleGuard(config.id, options.log);
    this.#faulty = new RejectedSnapshots(config.id, options.log);
  }

  start(): void {
    this.#task = createTask(this.config.schedule, () => this.#tick(), {
      name: this.config.id,
      noOverlap: true,
      maxRandomDelay: this.config.jitterSeconds * 1000,
      logger: cronLogger(this.options.log),
    });
    this.#task.on('execution:overlap', () => this.#record.overlapped());
    this.#guard.follow(this.#task);
    if (!this.#paused) this.#task.start();
    this.#announce();
  }

  /** Ends the schedule and a fetch that is under way; analyses that are under way are waited for. */
  async stop(): Promise<void> {
    this.#task?.destroy();
    this.#stopping.abort();
    await Promise.allSettled([this.#running, ...this.#uploads]);
    await this.camera.close?.();
  }

  /** Sees to its schedule; to be called every few seconds. What does not go on, undefined where all does. */
  look(): string | undefined {
    return this.#guard.look();
  }

  /** Paused, and not by its configuration. */
  get wasPausedByOperator(): boolean {
    return this.#paused && this.config.enabled;
  }

  pause(): void {
    this.#paused = true;
    this.#task?.stop();
    this.#announce();
  }

  resume(): void {
    this.#paused = false;
    this.#task?.start();
    this.#announce();
  }

  /**
   * Asks the camera now, whether paused or offline; joins a run that is under way. Undefined where
   * there is nothing new. Rejects with a ProblemError: `camera_failed`, or what the analysis says.
   */
  async snapshotNow(): Promise<ImageId | undefined> {
    if (this.#stopping.signal.aborted)
      throw new ProblemError('shutting_down', 'the cameras are no longer asked');
    try {
      // A run under way may leave its snapshot out, since nobody had asked for it.
      const joined = await this.#running;
      return joined ?? (await (this.#running ?? this.#run(true)));
    } catch (error) {
      if (error instanceof CameraError || isNoImage(error))
        throw new ProblemError('camera_failed', error.message, { cause: error });
      throw error;
    }
  }

  /**
   * Analyses a snapshot that the camera uploads; undefined outside its time windows. Rejects with a ProblemError:
   * `camera_takes_no_uploads`, `rate_limited`, or what the analysis says.
   */
  async push(bytes: Buffer): Promise<ImageId | undefined> {
    admitUpload(this.config, this.camera, {
      bytes,
      isPaused: this.#paused,
      underWay: this.#uploads.size,
    });
    if (!this.#isOpen()) return undefined;
    const upload = this.#analyseUpload(bytes);
    this.#uploads.add(upload);
    try {
      return await upload;
    } finally {
      this.#uploads.delete(upload);
      this.#announce();
    }
  }

  async #analyseUpload(bytes: Buffer): Promise<ImageId | undefined> {
    const takenAt = this.options.clock();
    this.#record.attempted(takenAt);
    try {
      const upload = { bytes, takenAt, more: false, settle: async () => {} };
      const image = await this.#analyse(upload, false);
      this.#record.answered();
      return image;
    } catch (error) {
      this.#failed(error);
      throw error;
    }
  }

  get status(): CameraStatus {
    const { id, name, kind } = this.config;
    return {
      id,
      name,
      kind,
      state: this.#paused ? 'paused' : this.#record.state,
      ...this.#record.values,
      circuit: this.#record.circuit(this.options.clock()),
      nextRunAt: this.#nextRunAt,
    };
  }

  get #nextRunAt(): number | null {
    const next = this.#task?.getNextRun();
    if (!next) return null;
    const due = Math.max(next.getTime(), this.#record.leftAloneUntil);
    return nextOpening(this.config.windows, due) ?? null;
  }

  #isOpen(): boolean {
    const isNow = isOpen(this.config.windows, this.options.clock());
    if (!isNow) this.#record.cameOutsideWindows();
    return isNow;
  }

  async #tick(): Promise<void> {
    if (!this.#isOpen()) return;
    if (this.#running) this.#record.overlapped();
    else if (this.options.clock() >= this.#record.leftAloneUntil) {
      // A circuit that was open is half-open now.
      this.#announce();
      // A failure is in the status and the log already.
      await this.#run(false).catch(() => undefined);
    }
  }

  #run(asked: boolean): Promise<ImageId | undefined> {
    this.#running = this.#takeAll(asked).finally(() => {
      this.#running = undefined;
      this.#announce();
    });
    return this.#running;
  }

  /** Takes what the camera has; an image that cannot be analysed does not keep the next ones waiting. */
  async #takeAll(asked: boolean): Promise<ImageId | undefined> {
    let image: ImageId | undefined;
    for (let more = true; more && !this.#stopping.signal.aborted; ) {
      more = false;
      try {
        const snapshot = await this.#take();
        more = snapshot?.more ?? false;
        if (snapshot) image = (await this.#analyse(snapshot, asked)) ?? image;
        this.#record.answered();
      } catch (error) {
        this.#failed(error);
        if (!more || !isFaultOfImage(error) || this.#faulty.hasRetry) throw error;
      }
    }
    return image;
  }

  #take(): Promise<Snapshot | undefined> {
    const { lanes, clock } = this.options;
    const stopping = this.#stopping.signal;
    return lanes.run(this.#isSlow, stopping, async () => {
      const began = clock();
      this.#record.attempted(began);
      try {
        const slotMs = this.#slotMs;
        const fetch = () => withDeadline(slotMs, stopping, (signal) => this.camera.take(signal));
        // A network drive that is away holds a folder's, and a start of ours brings no drive back.
        if (this.config.kind === 'folder') return await fetch();
        return await this.#guard.step('a fetch from', slotMs, fetch);
      } finally {
        this.#isSlow = clock() - began > lanes.patienceMs;
      }
    });
  }

  /** The time until the next run, and never less than one attempt may take. */
  get #slotMs(): number {
    const untilNext = Math.min(this.#task?.msToNext() ?? 0, LONGEST_SLOT_MS);
    return Math.max(untilNext, this.config.timeoutSeconds * 1000);
  }

  async #analyse(snapshot: Snapshot, asked: boolean): Promise<ImageId | undefined> {
    try {
      const { analyse, longestAnalysisMs } = this.options;
      const image = await this.#guard.step('an analysis for', longestAnalysisMs, () =>
        analyse(this.config, snapshot, asked),
      );
      if (image === undefined) this.#record.leftOut();
      else this.#record.analysed(snapshot.takenAt);
      this.#faulty.analysed();
      await snapshot.settle();
      return image;
    } catch (error) {
      if (isFaultOfImage(error)) await this.#faulty.refuse(snapshot, error);
      throw error;
    }
  }

  #failed(error: unknown): void {
    if (this.#stopping.signal.aborted) return;
    const { log, clock } = this.options;
    const camera = this.config.id;
    if (isOverload(error)) {
      this.#record.dropped();
      if (clock() - this.#dropLogged < LOG_DROPS_EVERY_MS) return;
      this.#dropLogged = clock();
      const { shed } = this.#record.values;
      log.warn({ camera, code: error.code, shed }, 'snapshots are dropped');
    } else if (error instanceof CameraError || error instanceof ProblemError) {
      this.#record.failedWith(error.message, clock());
    } else {
      this.#record.failedWith('the snapshot could not be analysed', clock());
      log.error({ camera, error: messageOf(error) }, 'the snapshot could not be analysed');
    }
  }

  #announce(): void {
    const { status } = this;
    const { id, state, circuit, lastError } = status;
    const before = this.#announced;
    if (before?.state === state && before.circuit === circuit && before.lastError === lastError)
      return;
    this.#announced = { state, circuit, lastError };
    if (state !== before?.state) {
      const level = state === 'offline' ? 'warn' : 'info';
      this.options.log[level]({ camera: id, error: lastError ?? undefined }, `camera is ${state}`);
    }
    this.options.onStatus(status);
  }
}
