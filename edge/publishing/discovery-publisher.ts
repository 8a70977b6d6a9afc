import { setTimeout as sleep } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { MessageBus } from '../../core/messaging/message-bus.js';
import { messageOf } from '../../core/runtime/errors.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import { SerialQueue } from '../../core/runtime/serial-queue.js';
import { type AnnouncedTables, announcedTable, type Components } from '../store/announced-table.js';
import {
  cameraComponents,
  type DiscoveredCamera,
  type DiscoverySources,
  discoveryMessage,
  platformsOf,
} from './discovery-message.js';

export interface DiscoveryPublisherOptions {
  db: Kysely<AnnouncedTables>;
  /** The broker's name in the database. */
  connection: string;
  bus: MessageBus;
  /** Whether to publish Home Assistant's discovery there. */
  homeAssistant: boolean;
  sources: () => DiscoverySources;
  cameras: () => DiscoveredCamera[];
  /** Publishes every retained topic again. */
  publishAll: () => Promise<void>;
  /** The longest random delay after a start of Home Assistant, because many devices answer at that time. */
  jitterMs: number;
  log: Logger;
}

/** A camera's retained topics, besides the discovery. */
const RETAINED = ['cameraAvailability', 'cameraState', 'cameraReport', 'snapshot'] as const;

/**
 * Publishes Home Assistant's discovery at a broker, and clears the retained messages of removed cameras. The database
 * stores what was announced, because the broker retains it beyond this process.
 */
export class DiscoveryPublisher implements Service {
  readonly name = 'discovery';
  readonly #stopping = new AbortController();
  #unsubscribe: (() => void) | undefined;
  readonly #queue = new SerialQueue();

  constructor(private readonly options: DiscoveryPublisherOptions) {}

  async start(): Promise<void> {
    const { bus, homeAssistant } = this.options;
    this.#unsubscribe = bus.onConnect(() => void this.announce());
    if (!homeAssistant) return;
    bus.subscribe('homeAssistant', {}, ({ payload, retained }) => {
      // A retained message arrives with a connection, which is announced anyway.
      if (payload === 'online' && !retained) void this.#onHomeAssistantStart();
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#unsubscribe?.();
    await this.#queue.ended();
  }

  /** Publishes the present cameras; call it after each change. Never rejects. */
  announce(): Promise<void> {
    return this.#queue
      .run(() => this.#announce())
      .catch((error: unknown) => {
        // Each connection begins with an announcement.
        this.options.log.debug(
          { error: messageOf(error) },
          'discovery not published; retrying on the next connection',
        );
      });
  }

  async #onHomeAssistantStart(): Promise<void> {
    const { jitterMs, publishAll } = this.options;
    const { signal } = this.#stopping;
    await sleep(Math.random() * jitterMs, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return;
    await this.announce();
    await publishAll();
  }

  async #announce(): Promise<void> {
    const { db, connection, bus, homeAssistant, cameras, sources, log } = this.options;
    if (!bus.connected || this.#stopping.signal.aborted) return;
    const announced = await announcedTable.of(db, connection);
    const current = new Map(
      cameras().map((camera) => [
        camera.id,
        homeAssistant ? platformsOf(cameraComponents(sources(), camera)) : {},
      ]),
    );
    // Stored before publishing: the broker may retain it even if its confirmation is lost.
    for (const [camera, components] of current)
      await announcedTable.put(db, connection, camera, { ...announced.get(camera), ...components });
    await this.#discover(announced, current);
    for (const [camera, components] of current)
      await announcedTable.put(db, connection, camera, components);
    for (const camera of announced.keys()) {
      if (current.has(camera)) continue;
      const { site } = sources();
      for (const topic of RETAINED) await bus.clear(topic, { site, camera });
      await announcedTable.remove(db, connection, camera);
      log.info({ camera, connection }, 'camera removed; its retained messages cleared');
    }
  }

  /** Home Assistant removes a component that is first published without its configuration, and then omitted. */
  async #discover(
    announced: Map<string, Components>,
    current: Map<string, Components>,
  ): Promise<void> {
    const { bus, homeAssistant, cameras, sources } = this.options;
    const { site } = sources();
    const removed: Components = {};
    for (const [camera, components] of announced)
      for (const [id, platform] of Object.entries(components))
        if (!(id in (current.get(camera) ?? {}))) removed[id] = platform;
    const hasRemoved = Object.keys(removed).length > 0;
    if (!homeAssistant) {
      if (hasRemoved) await bus.clear('discovery', { site });
      return;
    }
    if (hasRemoved)
      await bus.publish('discovery', { site }, discoveryMessage(sources(), cameras(), removed));
    await bus.publish('discovery', { site }, discoveryMessage(sources(), cameras(), {}));
  }
}
