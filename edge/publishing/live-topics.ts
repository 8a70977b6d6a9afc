import { createTask, type ScheduledTask } from 'node-cron';
import type { Detection } from '../../core/contract/detection.js';
import type { Health, Payload } from '../../core/contract/topics.js';
import type { MessageBus } from '../../core/messaging/message-bus.js';
import { instant } from '../../core/runtime/clock.js';
import { cronLogger } from '../../core/runtime/cron-logger.js';
import { messageOf } from '../../core/runtime/errors.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import type { CameraStatus } from '../cameras/camera-status.js';

export interface LiveTopicsOptions {
  site: string;
  bus: MessageBus;
  health: () => Promise<Health>;
  log: Logger;
}

/**
 * What dashboards see now: retained messages that always say the latest. While there is no broker only the
 * latest of each is remembered, and published on the next connection; nothing here is a queue.
 */
export class LiveTopics implements Service {
  readonly name = 'live topics';
  readonly #availability = new Map<string, Payload<'cameraAvailability'>>();
  readonly #states = new Map<string, Payload<'cameraState'>>();
  #task: ScheduledTask | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(private readonly options: LiveTopicsOptions) {}

  async start(): Promise<void> {
    this.#unsubscribe = this.options.bus.onConnect(() => void this.#publishAll());
    this.#task = createTask('0 * * * * *', () => this.#publishHealth(), {
      name: this.name,
      noOverlap: true,
      logger: cronLogger(this.options.log),
    });
    this.#task.start();
  }

  async stop(): Promise<void> {
    this.#task?.destroy();
    this.#unsubscribe?.();
  }

  /** Cameras are no longer watched, so their availability ends with the appliance's. */
  async farewell(): Promise<void> {
    for (const camera of this.#availability.keys()) this.#setAvailability(camera, 'offline');
  }

  cameraChanged({ id, state }: CameraStatus): void {
    this.#setAvailability(id, state === 'online' ? 'online' : 'offline');
  }

  /** The last that is heard of a camera that is taken away. */
  cameraRemoved(id: string): void {
    this.#setAvailability(id, 'offline');
    this.#availability.delete(id);
    this.#states.delete(id);
  }

  snapshotAnalysed(camera: string, snapshot: string, takenAt: number, found: Detection[]): void {
    const counts: Record<string, number> = {};
    for (const { label } of found) counts[label] = (counts[label] ?? 0) + 1;
    const state = { counts, snapshot, takenAt: instant(takenAt) };
    this.#states.set(camera, state);
    this.#publish('a camera state', () => this.#publishState(camera, state));
  }

  #setAvailability(camera: string, availability: Payload<'cameraAvailability'>): void {
    if (this.#availability.get(camera) === availability) return;
    this.#availability.set(camera, availability);
    this.#publish('an availability', () => this.#publishAvailability(camera, availability));
  }

  async #publishAll(): Promise<void> {
    for (const [camera, availability] of this.#availability)
      this.#publish('an availability', () => this.#publishAvailability(camera, availability));
    for (const [camera, state] of this.#states)
      this.#publish('a camera state', () => this.#publishState(camera, state));
    await this.#publishHealth();
  }

  async #publishHealth(): Promise<void> {
    const { site, bus, health } = this.options;
    const report = await health();
    this.#publish('the health', () => bus.publish('health', { site }, report));
  }

  #publishAvailability(camera: string, payload: Payload<'cameraAvailability'>) {
    const { site, bus } = this.options;
    return bus.publish('cameraAvailability', { site, camera }, payload);
  }

  #publishState(camera: string, payload: Payload<'cameraState'>) {
    const { site, bus } = this.options;
    return bus.publish('cameraState', { site, camera }, payload);
  }

  /** Without a connection there is nothing to do: the next one begins with the latest of everything. */
  #publish(what: string, publish: () => Promise<void>): void {
    if (!this.options.bus.connected) return;
    publish().catch((error: unknown) => {
      this.options.log.debug({ error: messageOf(error) }, `could not publish ${what}`);
    });
  }
}
