import { isDeepStrictEqual } from 'node:util';
import type { ImageId } from '../../../core/contract/names.js';
import { type Clock, systemClock } from '../../../core/runtime/clock.js';
import { ProblemError } from '../../../core/runtime/errors.js';
import type { Service } from '../../../core/runtime/lifecycle.js';
import type { Logger } from '../../../core/runtime/logger.js';
import type { Probe } from '../../../core/runtime/watchdog.js';
import type { Camera } from '../camera.js';
import type { CameraConfig } from '../camera-config.js';
import type { CameraStatus } from '../camera-status.js';
import { type Analyse, CameraWatch, type WatchOptions } from './camera-watch.js';
import { FetchLanes, type LaneLimits } from './fetch-lanes.js';

export interface ScheduledCamera {
  config: CameraConfig;
  camera: Camera;
}

export interface CameraScheduleOptions {
  cameras: ScheduledCamera[];
  analyse: Analyse;
  log: Logger;
  /** Called whenever a camera's state has changed, and once for each at the start. */
  onStatus?(status: CameraStatus): void;
  /** Called when a camera is no longer one of the site's. */
  onRemoved?(id: string): void;
  lanes?: LaneLimits;
  /** What an analysis may take at the longest, with all that waits before it; an hour by default. */
  longestAnalysisMs?: number;
  clock?: Clock;
}

/** What a new list of cameras meant for those that were there, by their ids. */
export interface CameraChanges {
  added: string[];
  removed: string[];
  changed: string[];
}

const LOOK_EVERY_MS = 10_000;
const HOUR_MS = 3_600_000;

/** Asks every camera of a site on its own schedule. None of them waits for another one's answer. */
export class CameraSchedule implements Service, Probe {
  readonly name = 'cameras';
  readonly #options: WatchOptions;
  readonly #onRemoved: (id: string) => void;
  #watches: Map<string, CameraWatch>;
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;
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
  }: CameraScheduleOptions) {
    const fetchLanes = new FetchLanes(lanes);
    this.#options = { analyse, log, onStatus, lanes: fetchLanes, longestAnalysisMs, clock };
    this.#onRemoved = onRemoved;
    this.#watches = new Map(cameras.map((camera) => [camera.config.id, this.#create(camera)]));
  }

  async start(): Promise<void> {
    for (const watch of this.#watches.values()) watch.start();
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  /** Ends fetches at once and waits for the analyses that are under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    await Promise.all([...this.#watches.values()].map((watch) => watch.stop()));
  }

  /** Why a camera is not looked at any more, though nothing is known to be wrong with it. */
  check(): string | undefined {
    return this.#fault;
  }

  /** In step with the schedules, not with whoever asks for the outcome. */
  #look(): void {
    const faults = [...this.#watches.values()].map((watch) => watch.look());
    this.#fault = faults.find((fault) => fault !== undefined);
  }

  /**
   * Puts another list in the place of the cameras there are. Those that are described as before go on undisturbed;
   * one that is described differently begins anew, and stays paused where an operator had paused it.
   * `create` is called for the new and the changed ones.
   */
  async replace(
    configs: readonly CameraConfig[],
    create: (config: CameraConfig) => Camera,
  ): Promise<CameraChanges> {
    if (this.#isStopped) throw new ProblemError('shutting_down', 'the cameras are no longer asked');
    const before = this.#watches;
    const isKept = (config: CameraConfig) =>
      isDeepStrictEqual(before.get(config.id)?.config, config);
    const next = configs.map(
      (config) =>
        (isKept(config) && before.get(config.id)) ||
        this.#create({ config, camera: create(config) }),
    );
    const fresh = next.filter((watch) => before.get(watch.config.id) !== watch);
    this.#watches = new Map(next.map((watch) => [watch.config.id, watch]));
    const ended = [...before.values()].filter((watch) => !next.includes(watch));
    // What they hold may be held once only, such as a device.
    await Promise.all(ended.map((watch) => watch.stop()));
    const removed = ended.map(({ config }) => config.id).filter((id) => !this.#watches.has(id));
    for (const id of removed) this.#onRemoved(id);
    for (const watch of fresh) {
      if (before.get(watch.config.id)?.wasPausedByOperator) watch.pause();
      if (!this.#isStopped) watch.start();
    }
    const ids = fresh.map(({ config }) => config.id);
    return {
      added: ids.filter((id) => !before.has(id)),
      removed,
      changed: ids.filter((id) => before.has(id)),
    };
  }

  statuses(): CameraStatus[] {
    return [...this.#watches.values()].map(({ status }) => status);
  }

  /** This and the following throw `not_found` where there is no such camera. */
  status(id: string): CameraStatus {
    return this.#watch(id).status;
  }

  /**
   * Asks a camera now, whether paused or offline; joins a run that is under way. The id of the last
   * image that was analysed, or undefined where there is nothing new. Rejects with `camera_failed`,
   * or with the problem that the analysis found.
   */
  async snapshotNow(id: string): Promise<ImageId | undefined> {
    return this.#watch(id).snapshotNow();
  }

  /** Takes in what a camera uploads; undefined outside its time windows. */
  async push(id: string, bytes: Buffer): Promise<ImageId | undefined> {
    return this.#watch(id).push(bytes);
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
    if (!watch) throw new ProblemError('not_found', 'there is no such camera');
    return watch;
  }
}
