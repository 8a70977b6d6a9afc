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
  /** Whether to publish the addresses of the pictures. */
  pictures?: boolean;
  log: Logger;
}

/**
 * Publishes the present state as retained messages, and events as they happen. Without a broker, only the latest of each
 * retained message is stored, and published on the next connection; events are dropped.
 */
export class LiveTopics implements Service {
  readonly name = 'live topics';
  readonly #availability = new Map<string, Payload<'cameraAvailability'>>();
  readonly #states = new Map<string, Payload<'cameraState'>>();
  readonly #pictures = new Map<string, string>();
  /** Repeats states and reports, so that they do not expire at a dashboard. */
  readonly #refreshJob: CronJob;
  #unsubscribe: (() => void) | undefined;
  #hasEnded = false;

  constructor(private readonly options: LiveTopicsOptions) {
    this.#refreshJob = new CronJob({
      name: this.name,
      schedule: '0 * * * * *',
      work: () => this.#refresh(),
      failure: 'live topics not refreshed',
      log: options.log,
    });
  }

  async start(): Promise<void> {
    this.#unsubscribe = this.options.bus.onConnect(() => void this.publishAll());
    this.#refreshJob.start();
  }

  async stop(): Promise<void> {
    await this.#refreshJob.stop();
    this.#unsubscribe?.();
  }

  /** Publishes that every camera is offline, because the appliance stops. */
  async farewell(): Promise<void> {
    this.#hasEnded = true;
    for (const camera of this.#availability.keys()) this.#setAvailability(camera, 'offline');
  }

  cameraChanged(status: CameraStatus): void {
    if (this.#hasEnded) return;
    this.#setAvailability(status.id, status.state === 'online' ? 'online' : 'offline');
    this.#publishReport(status);
  }

  /** Publishes that a removed camera is offline. */
  cameraRemoved(id: string): void {
    this.#setAvailability(id, 'offline');
    this.#availability.delete(id);
    this.#states.delete(id);
    this.#pictures.delete(id);
  }

  stateChanged(camera: string, state: Payload<'cameraState'>): void {
    this.#states.set(camera, state);
    this.#publishState(camera, state);
    // A snapshot without a stored image has no address: the last picture stays.
    if (!this.options.pictures || state.url === null) return;
    this.#pictures.set(camera, state.url);
    this.#publishPicture(camera, state.url);
  }

  publishEvent(event: SightingEvent): void {
    const { site, bus } = this.options;
    this.#publish('event', () => bus.publish('event', { site, camera: event.camera }, event));
  }

  /** Publishes the present state of every retained topic. */
  async publishAll(): Promise<void> {
    // Not repeated each minute: Home Assistant takes each message for a new picture, and loads it.
    for (const [camera, url] of this.#pictures) this.#publishPicture(camera, url);
    await this.#refreshJob.run();
  }

  /** A broker may have lost what it retained, or another client may have cleared it, without a message. */
  #refreshAvailability(): void {
    const { site, bus } = this.options;
    if (!this.#hasEnded)
      this.#publish('site availability', () => bus.publish('siteAvailability', { site }, 'online'));
    for (const [camera, availability] of this.#availability)
      this.#publishAvailability(camera, availability);
  }

  async #refresh(): Promise<void> {
    const { site, bus, health, cameras } = this.options;
    this.#refreshAvailability();
    for (const status of cameras()) this.#publishReport(status);
    for (const [camera, state] of this.#states)
      if (this.#availability.get(camera) === 'online') this.#publishState(camera, state);
    const report = await health();
    this.#publish('health', () => bus.publish('health', { site }, report));
  }

  #setAvailability(camera: string, availability: Payload<'cameraAvailability'>): void {
    if (this.#availability.get(camera) === availability) return;
    this.#availability.set(camera, availability);
    this.#publishAvailability(camera, availability);
  }

  #publishAvailability(camera: string, payload: Payload<'cameraAvailability'>): void {
    const { site, bus } = this.options;
    this.#publish('camera availability', () =>
      bus.publish('cameraAvailability', { site, camera }, payload),
    );
  }

  #publishState(camera: string, payload: Payload<'cameraState'>): void {
    const { site, bus } = this.options;
    this.#publish('camera state', () => bus.publish('cameraState', { site, camera }, payload));
  }

  #publishPicture(camera: string, url: string): void {
    const { site, bus } = this.options;
    this.#publish('address of the picture', () => bus.publish('picture', { site, camera }, url));
  }

  #publishReport(status: CameraStatus): void {
    const { site, bus } = this.options;
    const names = { site, camera: status.id };
    this.#publish('camera report', () => bus.publish('cameraReport', names, cameraReport(status)));
  }

  /** Does nothing without a connection: on the next one everything is published again. */
  #publish(what: string, publish: () => Promise<void>): void {
    if (!this.options.bus.connected) return;
    publish().catch((error: unknown) => {
      this.options.log.debug({ error: messageOf(error) }, `${what} not published`);
    });
  }
}
