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

export interface AnnouncementsOptions {
  db: Kysely<AnnouncedTables>;
  /** Which broker, for what is remembered of it. */
  connection: string;
  bus: MessageBus;
  /** Whether Home Assistant listens there. */
  homeAssistant: boolean;
  sources: () => DiscoverySources;
  cameras: () => DiscoveredCamera[];
  /** Says all that is retained again. */
  publishAll: () => Promise<void>;
  /** Home Assistant's start is answered after a random time up to this, since it meets many devices then. */
  jitterMs: number;
  log: Logger;
}

/** What is retained of a camera, beside the discovery. */
const RETAINED = ['cameraAvailability', 'cameraState', 'cameraReport', 'snapshot'] as const;

/**
 * Tells a broker which cameras there are: Home Assistant's discovery, and the end of what is retained of a camera
 * that is gone. What the broker was told is kept in the database, since it outlives this process.
 */
export class Announcements implements Service {
  readonly name = 'announcements';
  readonly #stopping = new AbortController();
  #unsubscribe: (() => void) | undefined;
  readonly #turn = new SerialQueue();

  constructor(private readonly options: AnnouncementsOptions) {}

  async start(): Promise<void> {
    const { bus, homeAssistant } = this.options;
    this.#unsubscribe = bus.onConnect(() => void this.announce());
    if (!homeAssistant) return;
    bus.subscribe('homeAssistant', {}, ({ payload, retained }) => {
      // A retained one comes with the connection, and so with an announcement.
      if (payload === 'online' && !retained) void this.#welcome();
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#unsubscribe?.();
    await this.#turn.ended();
  }

  /** To be called whenever the cameras have changed; never rejects. */
  announce(): Promise<void> {
    return this.#turn
      .run(() => this.#announce())
      .catch((error: unknown) => {
        // The next connection begins with an announcement.
        this.options.log.debug({ error: messageOf(error) }, 'could not announce the cameras');
      });
  }

  async #welcome(): Promise<void> {
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
    const told = await announcedTable.of(db, connection);
    const current = new Map(
      cameras().map((camera) => [
        camera.id,
        homeAssistant ? platformsOf(cameraComponents(sources(), camera)) : {},
      ]),
    );
    // Before the broker is told: what it may retain is remembered even if the answer gets lost.
    for (const [camera, components] of current)
      await announcedTable.put(db, connection, camera, { ...told.get(camera), ...components });
    await this.#discover(told, current);
    for (const [camera, components] of current)
      await announcedTable.put(db, connection, camera, components);
    for (const camera of told.keys()) {
      if (current.has(camera)) continue;
      const { site } = sources();
      for (const topic of RETAINED) await bus.clear(topic, { site, camera });
      await announcedTable.remove(db, connection, camera);
      log.info({ camera, connection }, 'cleared what a broker retained of a camera that is gone');
    }
  }

  /** With components that are gone once named without their configuration, then left out. */
  async #discover(told: Map<string, Components>, current: Map<string, Components>): Promise<void> {
    const { bus, homeAssistant, cameras, sources } = this.options;
    const { site } = sources();
    const gone: Components = {};
    for (const [camera, components] of told)
      for (const [id, platform] of Object.entries(components))
        if (!(id in (current.get(camera) ?? {}))) gone[id] = platform;
    const isGone = Object.keys(gone).length > 0;
    if (!homeAssistant) {
      if (isGone) await bus.clear('discovery', { site });
      return;
    }
    if (isGone)
      await bus.publish('discovery', { site }, discoveryMessage(sources(), cameras(), gone));
    await bus.publish('discovery', { site }, discoveryMessage(sources(), cameras(), {}));
  }
}
