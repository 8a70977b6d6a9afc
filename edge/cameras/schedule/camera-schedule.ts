import { isDeepStrictEqual } from 'node:util';
import type { ImageId } from '../../../core/contract/names.js';
import { type Clock, systemClock } from '../../../core/runtime/clock.js';
import { ProblemError } from '../../../core/runtime/errors.js';
import type { Service } from '../../../core/runtime/lifecycle.js';
import type { Logger } from '../../../core/runtime/logger.js';
import { type ScheduleTime, systemTime } from '../../../core/runtime/schedule/schedule-time.js';
import type { Probe } from '../../../core/runtime/watchdog.js';
import type { Camera } from '../camera.js';
import type { CameraConfig } from '../camera-config.js';
import type { CameraStatus } from '../camera-status.js';
import { isPushSecret } from '../push-secret.js';
import { CameraWatch } from './camera-watch.js';
import { FetchLanes, type LaneLimits } from './fetch-lanes.js';
import type { Analyse, WatchOptions } from './watch-context.js';

export interface ScheduledCamera {
  config: CameraConfig;
  camera: Camera;
}

export interface CameraScheduleOptions {
  cameras: ScheduledCamera[];
  analyse: Analyse;
  log: Logger;
  /** Called whenever a camera's state, circuit or last error has changed, and once for each camera at the start. */
  onStatus?(status: CameraStatus): void;
  /** Called when a camera was removed from the site. */
  onRemoved?(id: string): void;
  lanes?: LaneLimits;
  /** Upper bound of an analysis, including the time in the queue; an hour by default. */
  longestAnalysisMs?: number;
  clock?: Clock;
  /** What the schedules go by; the machine's by default. */
  time?: ScheduleTime;
}

/** Ids of the cameras that a new list added, removed or changed. */
export interface CameraChanges {
  added: string[];
  removed: string[];
  changed: string[];
}

const CHECK_EVERY_MS = 10_000;
const HOUR_MS = 3_600_000;

/** Runs every camera of a site on its own schedule. No camera waits for another. */
export class CameraSchedule implements Service, Probe {
  readonly name = 'cameras';
  readonly #options: WatchOptions;
  readonly #onRemoved: (id: string) => void;
  #watches: Map<string, CameraWatch>;
  #isStopped = false;
  #cancelCheck: () => void = () => undefined;
  #fault: string | undefined;

  constructor({
    cameras,
    analyse,
    log,
    onStatus = () => undefined,
    onRemoved = () => undefined,
    lanes,
    longestAnalysisMs = HOUR_MS,
    clock = systemClock,
    time = systemTime,
  }: CameraScheduleOptions) {
    const fetchLanes = new FetchLanes(lanes);
    this.#options = { analyse, log, onStatus, lanes: fetchLanes, longestAnalysisMs, clock, time };
    this.#onRemoved = onRemoved;
    this.#watches = new Map(cameras.map((camera) => [camera.config.id, this.#create(camera)]));
  }

  async start(): Promise<void> {
    for (const watch of this.#watches.values()) watch.start();
    this.#checkLater();
  }

  /** Aborts fetches and waits for analyses in progress. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelCheck();
    await Promise.all([...this.#watches.values()].map((watch) => watch.stop()));
  }

  /** A schedule that stalled or an operation that hangs; undefined if there is none. A camera that fails is no fault. */
  check(): string | undefined {
    return this.#fault;
  }

  #checkLater(): void {
    this.#cancelCheck = this.#options.time.after(CHECK_EVERY_MS, () => {
      this.#checkLater();
      this.#checkWatches();
    });
  }

  /** Runs on a timer of its own, since it also starts runs of stalled schedules. */
  #checkWatches(): void {
    const faults = [...this.#watches.values()].map((watch) => watch.check());
    this.#fault = faults.find((fault) => fault !== undefined);
  }

  /**
   * Replaces the list of cameras. Cameras with an unchanged configuration continue without interruption. A changed
   * camera is restarted, and stays paused if an operator had paused it. `create` is called for new and changed cameras.
   * With `retriesLogins`, a login that was given up is tried once more.
   */
  async replace(
    configs: readonly CameraConfig[],
    create: (config: CameraConfig) => Camera,
    { retriesLogins = true } = {},
  ): Promise<CameraChanges> {
    if (this.#isStopped) throw new ProblemError('shutting_down', 'Cameras are no longer replaced.');
    const previous = this.#watches;
    const next = configs.map((config) => {
      const existing = previous.get(config.id);
      return existing && isDeepStrictEqual(existing.config, config)
        ? existing
        : this.#create({ config, camera: create(config) });
    });
    const created = next.filter((watch) => previous.get(watch.config.id) !== watch);
    const replaced = [...previous.values()].filter((watch) => !next.includes(watch));
    if (retriesLogins) for (const watch of next) watch.retryLogin();
    this.#watches = new Map(next.map((watch) => [watch.config.id, watch]));
    // The new watch may need a resource that only one can hold, such as a device.
    await Promise.all(replaced.map((watch) => watch.stop()));
    const removed = replaced.map(({ config }) => config.id).filter((id) => !this.#watches.has(id));
    for (const id of removed) this.#onRemoved(id);
    for (const watch of created) {
      if (previous.get(watch.config.id)?.wasPausedByOperator) watch.pause();
      if (!this.#isStopped) watch.start();
    }
    const ids = created.map(({ config }) => config.id);
    return {
      added: ids.filter((id) => !previous.has(id)),
      removed,
      changed: ids.filter((id) => previous.has(id)),
    };
  }

  statuses(): CameraStatus[] {
    return [...this.#watches.values()].map(({ status }) => status);
  }

  /** This method and the following ones throw `not_found` for an unknown camera. */
  status(id: string): CameraStatus {
    return this.#watch(id).status;
  }

  /**
   * Takes a snapshot now, even if the camera is paused or offline; joins a run in progress. The id of the last image
   * that was analysed, or undefined if there is nothing new. Rejects with `camera_failed`, or with the problem of
   * the analysis.
   */
  async snapshotNow(id: string): Promise<ImageId | undefined> {
    return this.#watch(id).snapshotNow();
  }

  /** Analyses a snapshot that a camera uploads; undefined outside its time windows. */
  async push(id: string, bytes: Buffer): Promise<ImageId | undefined> {
    return this.#watch(id).push(bytes);
  }

  /** Whether a camera may upload with this secret. False for an unknown camera. */
  isPushSecret(id: string, secret: string): boolean {
    const config = this.#watches.get(id)?.config;
    return config !== undefined && isPushSecret(config, secret);
  }

  /** Counts an upload that was refused before its image was known. Does nothing for an unknown camera. */
  recordRefusedUpload(id: string, reason: string, hasCredentials: boolean): void {
    this.#watches.get(id)?.recordRefusedUpload(reason, hasCredentials);
  }

  /** A damaged snapshot was accepted. */
  recordDamaged(id: string): void {
    this.#watches.get(id)?.recordDamaged();
  }

  pause(id: string): void {
    this.#watch(id).pause();
  }

  resume(id: string): void {
    this.#watch(id).resume();
  }

  #create({ config, camera }: ScheduledCamera): CameraWatch {
    return new CameraWatch(config, camera, this.#options);
  }

  #watch(id: string): CameraWatch {
    const watch = this.#watches.get(id);
    if (!watch) throw new ProblemError('not_found', `There is no camera ${id}.`);
    return watch;
  }
}
