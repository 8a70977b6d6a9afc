import { setTimeout as sleep } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { type MessageBus, MessagingError } from '../../core/messaging/message-bus.js';
import { messageOf } from '../../core/runtime/errors.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';
import { SerialQueue } from '../../core/runtime/serial-queue.js';
import {
  type AnnouncedCamera,
  type AnnouncedTables,
  APPLIANCE,
  announcedTable,
  type Components,
} from '../store/announced-table.js';
import { applianceComponents } from './appliance-components.js';
import { cameraComponents } from './camera-components.js';
import {
  applianceDiscovery,
  cameraDiscovery,
  fittedCameraDiscovery,
  platformsOf,
} from './discovery-message.js';
import { type Announced, DiscoveryMigration, hasKeys, without } from './discovery-migration.js';
import type { DiscoveredCamera, DiscoverySources } from './discovery-parts.js';

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
  /** The time for Home Assistant to unload entities before they are announced in another topic. */
  migrationMs?: number;
  log: Logger;
}

/** Messages on their way to the broker at a time. */
const AT_ONCE = 16;

/** A camera's retained topics, besides the discovery. */
const RETAINED = [
  'cameraAvailability',
  'cameraState',
  'cameraReport',
  'snapshot',
  'picture',
] as const;

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
    const { db, connection, bus, log } = this.options;
    if (!bus.connected || this.#stopping.signal.aborted) return;
    const announced = await announcedTable.of(db, connection);
    const current = this.#current();
    // Stored before publishing: the broker may retain it even if its confirmation is lost.
    for (const [camera, components] of current) {
      const before = announced.get(camera) ?? NOT_ANNOUNCED;
      const all = { ...before.components, ...components };
      await announcedTable.put(db, connection, camera, { ...before, components: all });
    }
    await this.#discover(announced, current);
    for (const [camera, components] of current)
      await announcedTable.put(db, connection, camera, { components, form: 'own-device' });
    for (const [camera, before] of announced) {
      if (current.has(camera)) continue;
      await this.#clear(camera, before);
      await announcedTable.remove(db, connection, camera);
      log.info({ camera, connection }, 'camera removed; its retained messages cleared');
    }
  }

  /** The appliance and the present cameras, with their components. */
  #current(): Map<string, Components> {
    const { homeAssistant, cameras, sources } = this.options;
    const known = sources();
    const components = (camera: DiscoveredCamera) =>
      homeAssistant ? platformsOf(cameraComponents(known, camera)) : {};
    const ofAppliance = homeAssistant ? platformsOf(applianceComponents(known)) : {};
    return new Map([
      [APPLIANCE, ofAppliance],
      ...cameras().map((camera): [string, Components] => [camera.id, components(camera)]),
    ]);
  }

  async #discover(announced: Announced, current: Map<string, Components>): Promise<void> {
    if (!this.options.homeAssistant) return this.#withdraw(announced);
    const { sources, cameras, migrationMs, bus } = this.options;
    const migration = new DiscoveryMigration({
      bus,
      sources: sources(),
      waitMs: migrationMs,
      signal: this.#stopping.signal,
      publish: (about, publish) => this.#publish(about, publish),
    });
    await migration.leaveApplianceMessage(announced, current);
    // Before its cameras, which name it as the device that they are connected by.
    await this.#discoverAppliance(announced, current);
    await migration.leaveApplianceDevice(announced, current);
    const all = cameras();
    for (let i = 0; i < all.length; i += AT_ONCE)
      await Promise.all(
        all.slice(i, i + AT_ONCE).map((camera) => {
          const before = announced.get(camera.id);
          const components = before?.form === 'own-device' ? before.components : {};
          return this.#discoverCamera(camera, without(components, current.get(camera.id) ?? {}));
        }),
      );
  }

  /** Home Assistant's discovery was turned off at this broker. */
  async #withdraw(announced: Announced): Promise<void> {
    const { bus, sources } = this.options;
    const { site } = sources();
    const withComponents = [...announced].filter(([, { components }]) => hasKeys(components));
    if (withComponents.length > 0) await bus.clear('discovery', { site });
    for (const [camera, { form }] of withComponents)
      if (camera !== APPLIANCE && form !== 'in-appliance')
        await bus.clear('cameraDiscovery', { site, camera });
  }

  async #discoverAppliance(announced: Announced, current: Map<string, Components>): Promise<void> {
    const { bus, sources } = this.options;
    const known = sources();
    const publish = (gone: Components) =>
      this.#publish('the appliance', () =>
        bus.publish('discovery', { site: known.site }, applianceDiscovery(known, gone)),
      );
    // Earlier versions did not store what they announced of the appliance.
    const earlier = announced.size > 0 ? EARLIER_OF_APPLIANCE : {};
    const before = announced.get(APPLIANCE)?.components ?? earlier;
    const gone = without(before, current.get(APPLIANCE) ?? {});
    if (hasKeys(gone)) await publish(gone);
    await publish({});
  }

  /** Home Assistant removes a component that is first published without its configuration, and then omitted. */
  async #discoverCamera(camera: DiscoveredCamera, removed: Components): Promise<void> {
    const { bus, sources } = this.options;
    const names = { site: sources().site, camera: camera.id };
    const publish = (gone: Components) =>
      this.#publish(camera.id, () => {
        const maxBytes = bus.maxPayloadBytes('cameraDiscovery', names);
        const whole = cameraDiscovery(sources(), camera, gone);
        const message = fittedCameraDiscovery(sources(), camera, gone, maxBytes);
        const bytes = Buffer.byteLength(JSON.stringify(whole));
        if (bytes > maxBytes) bus.shortened('cameraDiscovery', names, bytes);
        return bus.publish('cameraDiscovery', names, message);
      });
    if (hasKeys(removed)) await publish(removed);
    await publish({});
  }

  async #clear(camera: string, { components, form }: AnnouncedCamera): Promise<void> {
    const { bus, sources } = this.options;
    const { site } = sources();
    for (const topic of RETAINED) await bus.clear(topic, { site, camera });
    if (form !== 'in-appliance' && hasKeys(components))
      await bus.clear('cameraDiscovery', { site, camera });
  }

  /** A message that the broker does not accept leaves the others as they are; the bus reports it. */
  async #publish(about: string, publish: () => Promise<void>): Promise<void> {
    await publish().catch((error: unknown) => {
      const isRefused =
        error instanceof MessagingError &&
        (error.code === 'payload_too_large' || error.code === 'topic_refused');
      if (!isRefused) throw error;
      this.options.log.debug({ about, error: error.message }, 'discovery refused by the broker');
    });
  }
}

const NOT_ANNOUNCED: AnnouncedCamera = { components: {}, form: 'own-device' };

const EARLIER_OF_APPLIANCE: Components = {
  _outbox: 'sensor',
  _sync: 'sensor',
  _version: 'sensor',
  _disk: 'sensor',
  _temperature: 'sensor',
};
