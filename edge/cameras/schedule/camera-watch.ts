import type { ImageId } from '../../../core/contract/names.js';
import { messageOf, ProblemError } from '../../../core/runtime/errors.js';
import { ScheduledTask } from '../../../core/runtime/schedule/scheduled-task.js';
import { isOpen, nextOpening } from '../../../core/runtime/schedule/time-windows.js';
import type { Camera } from '../camera.js';
import type { CameraConfig } from '../camera-config.js';
import type { CameraState, CameraStatus } from '../camera-status.js';
import { CameraRunner } from './camera-runner.js';
import { CameraStats } from './camera-stats.js';
import { OperationMonitor } from './operation-monitor.js';
import { PictureAge } from './picture-age.js';
import { PushUploads } from './push-uploads.js';
import { ScheduleGuard } from './schedule-guard.js';
import { SnapshotFetcher } from './snapshot-fetcher.js';
import { SnapshotProcessor } from './snapshot-processor.js';
import { StatusReporter } from './status-reporter.js';
import { UnreadFiles } from './unread-files.js';
import type { WatchContext, WatchOptions } from './watch-context.js';

/** Runs one camera on its schedule, on request and for its uploads, and reports its status. */
export class CameraWatch {
  readonly #stats = new CameraStats();
  readonly #operations = new OperationMonitor();
  readonly #stopping = new AbortController();
  readonly #guard: ScheduleGuard;
  readonly #reporter: StatusReporter;
  readonly #uploads: PushUploads;
  readonly #runner: CameraRunner;
  readonly #task: ScheduledTask;
  readonly #pictureAge: PictureAge;
  readonly #unread: UnreadFiles;
  #isPaused: boolean;

  constructor(
    readonly config: CameraConfig,
    private readonly camera: Camera,
    private readonly options: WatchOptions,
  ) {
    this.#pictureAge = new PictureAge(config, options.time);
    this.#unread = new UnreadFiles(config.id, camera, options.log);
    const context: WatchContext = {
      config,
      camera,
      options,
      stats: this.#stats,
      pictureAge: this.#pictureAge,
      onPicture: (bytes) => {
        this.#pictureAge.record(bytes);
        this.#unread.pictureTaken();
      },
      operations: this.#operations,
      stopping: this.#stopping.signal,
    };
    this.#task = new ScheduledTask({
      name: config.id,
      schedule: config.schedule,
      work: () => this.#tick(),
      maxDelayMs: config.jitterSeconds * 1000,
      onOverlap: () => this.#stats.recordOverlap(),
      log: options.log,
      time: options.time,
    });
    const fetcher = new SnapshotFetcher(context, () => this.#task.msToNextRun ?? 0);
    const processor = new SnapshotProcessor(context);
    this.#runner = new CameraRunner(context, fetcher, processor, () => this.#report());
    this.#uploads = new PushUploads(context, processor);
    this.#guard = new ScheduleGuard(config.id, this.#task);
    this.#reporter = new StatusReporter(options.onStatus, options.log);
    this.#isPaused = !config.enabled;
  }

  start(): void {
    if (!this.#isPaused) this.#task.start();
    this.#report();
  }

  /** Ends the schedule and aborts a fetch in progress; waits for analyses in progress. */
  async stop(): Promise<void> {
    const ended = this.#task.stop();
    // A run in progress ends only once its fetch is aborted.
    this.#stopping.abort();
    await Promise.all([ended, this.#runner.ended(), this.#uploads.ended()]);
    await this.camera.close?.();
  }

  /**
   * Starts runs that are due and finds pictures that are too old; call it every few seconds. Returns the fault of the
   * program, or undefined if there is none.
   */
  check(): string | undefined {
    this.#lookAtAge();
    this.#unread.report();
    this.#report();
    const stalled = this.#guard.check();
    const hanging = this.#operations.hanging();
    return hanging ? `camera ${this.config.id}: ${hanging} does not end` : stalled;
  }

  /** Paused by an operator, not by its configuration. */
  get wasPausedByOperator(): boolean {
    return this.#isPaused && this.config.enabled;
  }

  pause(): void {
    this.#lookAtAge();
    this.#isPaused = true;
    void this.#task.stop();
    this.#report();
  }

  resume(): void {
    this.#lookAtAge();
    this.#isPaused = false;
    this.#task.start();
    this.#report();
  }

  /**
   * Takes a snapshot now, even if the camera is paused or offline; joins a run in progress. Undefined if there is
   * nothing new. Rejects with a ProblemError: `camera_failed`, or that of the analysis.
   */
  async snapshotNow(): Promise<ImageId | undefined> {
    if (this.#stopping.signal.aborted)
      throw new ProblemError('shutting_down', 'Snapshots are no longer taken.');
    this.retryLogin();
    return this.#runner.runNow();
  }

  /**
   * Analyses a snapshot that the camera uploads; undefined outside its time windows. Rejects with a ProblemError:
   * `camera_takes_no_uploads`, `too_many_bytes`, `rate_limited`, or that of the analysis.
   */
  async push(bytes: Buffer): Promise<ImageId | undefined> {
    this.#admit(bytes);
    if (!this.#isWindowOpen()) return undefined;
    try {
      return await this.#uploads.process(bytes);
    } finally {
      this.#report();
    }
  }

  /**
   * Counts an upload that was refused, and why. One without credentials counts until an upload has succeeded: many cameras
   * ask for the challenge before each upload.
   */
  recordRefusedUpload(reason: string, hasCredentials = true): void {
    if (this.config.kind !== 'push') return;
    if (!hasCredentials && this.#stats.values.lastSnapshotAt !== null) return;
    this.#stats.recordRefusedUpload(`an upload was refused: ${reason}`);
    this.#report();
  }

  /** A damaged snapshot was accepted. */
  recordDamaged(): void {
    this.#stats.recordDamaged();
  }

  /** A login that the camera has refused too often is tried once more. */
  retryLogin(): void {
    this.camera.retryLogin?.();
  }

  get status(): CameraStatus {
    const { id, name, kind } = this.config;
    const fault = this.#isPaused ? undefined : this.camera.fault?.();
    return {
      id,
      name,
      kind,
      state: this.#state,
      ...this.#stats.values,
      lastError: fault ?? this.#stats.values.lastError ?? this.#reasonOfState,
      pictureAgeSeconds: Math.floor(this.#pictureAge.ms / 1_000),
      circuit: this.#isNeverSuspended ? 'closed' : this.#stats.circuit(this.options.time.steady()),
      nextRunAt: this.#nextRunAt,
      backlog: this.#unread.backlog,
    };
  }

  get #state(): CameraState {
    if (this.#isPaused) return 'paused';
    if (this.#stats.isOffline || this.camera.fault?.() !== undefined) return 'offline';
    if (this.#pictureAge.isTooOld) return this.#pictureAge.isFrozen ? 'frozen' : 'stale';
    return this.#stats.hasAnalysed ? 'online' : 'starting';
  }

  get #reasonOfState(): string | null {
    const state = this.#state;
    if (state === 'frozen') return 'the camera sends the same picture again and again';
    if (state !== 'stale') return null;
    return this.#unread.reason ?? 'no new picture was analysed for too long (maxPictureAgeSeconds)';
  }

  /** Files in a folder that cannot be analysed must not delay a new one. A folder that cannot be read is suspended. */
  get #isNeverSuspended(): boolean {
    return this.config.kind === 'folder' && this.#stats.lastFailureIsOfImage;
  }

  get #suspendedUntil(): number {
    return this.#isNeverSuspended ? 0 : this.#stats.suspendedUntil;
  }

  get #nextRunAt(): number | null {
    const next = this.#task.nextRunAt;
    if (next === undefined) return null;
    const { wall, steady } = this.options.time;
    const suspendedFor = Math.max(0, this.#suspendedUntil - steady());
    const due = Math.max(next, wall() + suspendedFor);
    return nextOpening(this.config.windows, due) ?? null;
  }

  #admit(bytes: Buffer): void {
    try {
      this.#uploads.admit(bytes, this.#isPaused);
    } catch (error) {
      if (!this.#isPaused) this.recordRefusedUpload(messageOf(error));
      throw error;
    }
  }

  /** Counts a run or an upload outside the time windows. */
  #isWindowOpen(): boolean {
    const isOpenNow = isOpen(this.config.windows, this.options.clock());
    if (!isOpenNow) this.#stats.recordOutsideWindows();
    return isOpenNow;
  }

  async #tick(): Promise<void> {
    if (!this.#isWindowOpen()) return;
    if (this.#runner.isRunning) this.#stats.recordOverlap();
    else if (this.options.time.steady() >= this.#suspendedUntil) {
      // An open circuit has become half-open.
      this.#report();
      // The run has recorded its failure already.
      await this.#runner.run('schedule').catch(() => undefined);
    }
  }

  #lookAtAge(): void {
    this.#pictureAge.look(!this.#isPaused, this.#stats.hasRefused || this.#unread.areOverdue);
  }

  #report(): void {
    this.#reporter.report(this.status);
  }
}
