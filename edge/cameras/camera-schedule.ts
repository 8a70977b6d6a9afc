import type { ImageId } from '../../core/contract/names.js';
import { type Clock, systemClock } from '../../core/runtime/clock.js';
import { ProblemError } from '../../core/runtime/errors.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { Camera } from './camera.js';
import type { CameraConfig } from './camera-config.js';
import type { CameraStatus } from './camera-status.js';
import { type Analyse, CameraWatch } from './camera-watch.js';
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
  lanes?: LaneLimits;
  clock?: Clock;
}

/** Asks every camera of a site on its own schedule. None of them waits for another one's answer. */
export class CameraSchedule implements Service {
  readonly name = 'cameras';
  readonly #watches: Map<string, CameraWatch>;

  constructor({ cameras, analyse, log, onStatus, lanes, clock }: CameraScheduleOptions) {
    const shared = {
      analyse,
      log,
      onStatus: onStatus ?? (() => undefined),
      lanes: new FetchLanes(lanes),
      clock: clock ?? systemClock,
    };
    this.#watches = new Map(
      cameras.map(({ config, camera }) => [config.id, new CameraWatch(config, camera, shared)]),
    );
  }

  async start(): Promise<void> {
    for (const watch of this.#watches.values()) watch.start();
  }

  /** Ends fetches at once and waits for the analyses that are under way. */
  async stop(): Promise<void> {
    await Promise.all([...this.#watches.values()].map((watch) => watch.stop()));
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

  pause(id: string): void {
    this.#watch(id).pause();
  }

  resume(id: string): void {
    this.#watch(id).resume();
  }

  #watch(id: string): CameraWatch {
    const watch = this.#watches.get(id);
    if (!watch) throw new ProblemError('not_found', 'there is no such camera');
    return watch;
  }
}
