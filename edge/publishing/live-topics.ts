import type { Health } from '../../core/contract/live-payloads.js';
import type { SightingEvent } from '../../core/contract/sighting.js';
import type { Payload } from '../../core/contract/topics.js';
import type { MessageBus } from '../../core/messaging/message-bus.js';
import { CronJob } from '../../core/runtime/cron-job.js';
import { messageOf } from '../../core/runtime/errors.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { CameraStatus } from '../cameras/camera-status.js';
import { cameraReport } from './camera-report.js';

export interface LiveTopicsOptions {
  site: string;
  bus: MessageBus;
  health: () => Promise<Health>;
  cameras: () => CameraStatus[];
  log: Logger;
}

/**
 * What dashboards see now: retained messages that always say the latest, and events as they happen. While there
 * is no broker only the latest of each retained one is remembered, and published on the next connection;
 * nothing here is a queue.
 */
export class LiveTopics implements Service {
  readonly name = 'live topics';
  readonly #availability = new Map<string, Payload<'cameraAvailability'>>();
  readonly #states = new Map<string, Payload<'cameraState'>>();
  /** States and reports are said again: what expires at a dashboard is then known to be over. */
  readonly #refreshing: CronJob;
  #unsubscribe: (() => void) | undefined;
  #hasEnded = false;

  constructor(private readonly options: LiveTopicsOptions) {
    this.#refreshing = new CronJob({
      name: this.name,
      schedule: '0 * * * * *',
      work: () => this.#refresh(),
      failure: 'what dashboards see could not be said again',
      log: options.log,
    });
  }

  async start(): Promise<void> {
    this.#unsubscribe = this.options.bus.onConnect(() => void this.publishAll());
    this.#refreshing.start();
  }

  async stop(): Promise<void> {
    await this.#refreshing.stop();
    this.#unsubscribe?.();
  }

  /** Cameras are no longer watched, so their availability ends with the appliance's. */
  async farewell(): Promise<void> {
    this.#hasEnded = true;
    for (const camera of this.#availability.keys()) this.#setAvailability(camera, 'offline');
  }

  cameraChanged(status: CameraStatus): void {
    if (this.#hasEnded) return;
    this.#setAvailability(status.id, status.state === 'online' ? 'online' : 'offline');
    this.#publishReport(status);
  }

  /** The last that is heard of a camera that is taken away. */
  cameraRemoved(id: string): void {
    this.#setAvailability(id, 'offline');
    this.#availability.delete(id);
    this.#states.delete(id);
  }

  stateChanged(camera: string, state: Payload<'cameraState'>): void {
    this.#states.set(camera, state);
    this.#publishState(camera, state);
  }

  happened(event: SightingEvent): void {
    const { site, bus } = this.options;
    this.#publish('an event', () => bus.publish('event', { site, camera: event.camera }, event));
  }

  /** All that is retained, as it is now. */
  async publishAll(): Promise<void> {
    for (const [camera, availability] of this.#availability)
      this.#publishAvailability(camera, availability);
    await this.#refreshing.run();
  }

  async #refresh(): Promise<void> {
    const { site, bus, health, cameras } = this.options;
    for (const status of cameras()) this.#publishReport(status);
    for (const [camera, state] of this.#states)
      if (this.#availability.get(camera) === 'online') this.#publishState(camera, state);
    const report = await health();
    this.#publish('the health', () => bus.publish('health', { site }, report));
  }

  #setAvailability(camera: string, availability: Payload<'cameraAvailability'>): void {
    if (this.#availability.get(camera) === availability) return;
    this.#availability.set(camera, availability);
    this.#publishAvailability(camera, availability);
  }

  #publishAvailability(camera: string, payload: Payload<'cameraAvailability'>): void {
    const { site, bus } = this.options;
    this.#publish('an availability', () =>
      bus.publish('cameraAvailability', { site, camera }, payload),
    );
  }

  #publishState(camera: string, payload: Payload<'cameraState'>): void {
    const { site, bus } = this.options;
    this.#publish('a camera state', () => bus.publish('cameraState', { site, camera }, payload));
  }

  #publishReport(status: CameraStatus): void {
    const { site, bus } = this.options;
    const names = { site, camera: status.id };
    this.#publish('a camera report', () =>
      bus.publish('cameraReport', names, cameraReport(status)),
    );
  }

  /** Without a connection there is nothing to do: the next one begins with the latest of everything. */
  #publish(what: string, publish: () => Promise<void>): void {
    if (!this.options.bus.connected) return;
    publish().catch((error: unknown) => {
      this.options.log.debug({ error: messageOf(error) }, `could not publish ${what}`);
    });
  }
}
