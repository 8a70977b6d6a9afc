import { setTimeout as sleep } from 'node:timers/promises';
import type { MessageBus } from '../../core/messaging/message-bus.js';
import {
  type AnnouncedCamera,
  type AnnouncedForm,
  APPLIANCE,
  type Components,
} from '../store/announced-table.js';
import { removalDiscovery } from './discovery-message.js';
import type { DiscoverySources } from './discovery-parts.js';

export interface DiscoveryMigrationOptions {
  bus: MessageBus;
  sources: DiscoverySources;
  /** The time for Home Assistant to unload entities before they are announced again. */
  waitMs?: number | undefined;
  signal: AbortSignal;
  /** Publishes a message; one that the broker does not accept is left out. */
  publish(about: string, publish: () => Promise<void>): Promise<void>;
}

const WAIT_MS = 3_000;

const MIGRATION = { migrate_discovery: true } as const;

export type Announced = Map<string, AnnouncedCamera>;

export const hasKeys = (components: Components): boolean => Object.keys(components).length > 0;

export const without = (components: Components, kept: Components): Components =>
  Object.fromEntries(Object.entries(components).filter(([id]) => !Object.hasOwn(kept, id)));

/**
 * Moves what earlier versions announced, once. Home Assistant removes the components that are gone. It unloads the others and
 * keeps their settings (`migrate_discovery`), because it changes neither the topic nor the device of a loaded entity.
 */
export class DiscoveryMigration {
  constructor(private readonly options: DiscoveryMigrationOptions) {}

  /** From one message for all cameras. */
  async leaveApplianceMessage(
    announced: Announced,
    current: Map<string, Components>,
  ): Promise<void> {
    const { bus, sources, publish } = this.options;
    const { site } = sources;
    const common = camerasOf(announced, 'in-appliance');
    if (common.length === 0) return;
    const removed: Components = Object.assign(
      {},
      ...common.map(([camera, { components }]) => without(components, current.get(camera) ?? {})),
    );
    await publish('the appliance', async () => {
      if (hasKeys(removed))
        await bus.publish('discovery', { site }, removalDiscovery(sources, removed));
      await bus.publish('discovery', { site }, MIGRATION);
    });
    await this.#wait();
  }

  /** From entities of the appliance's device to devices of their own, in the same topics. */
  async leaveApplianceDevice(
    announced: Announced,
    current: Map<string, Components>,
  ): Promise<void> {
    const { bus, sources, publish } = this.options;
    const moved = camerasOf(announced, 'own-topic').filter(([camera]) => current.has(camera));
    if (moved.length === 0) return;
    for (const [camera, { components }] of moved) {
      const names = { site: sources.site, camera };
      const removed = without(components, current.get(camera) ?? {});
      await publish(camera, async () => {
        if (hasKeys(removed))
          await bus.publish('cameraDiscovery', names, removalDiscovery(sources, removed));
        await bus.publish('cameraDiscovery', names, MIGRATION);
      });
    }
    await this.#wait();
  }

  /** Home Assistant refuses an entity whose id is still in use. */
  async #wait(): Promise<void> {
    const { waitMs = WAIT_MS, signal } = this.options;
    await sleep(waitMs, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

const camerasOf = (announced: Announced, form: AnnouncedForm) =>
  [...announced].filter(
    ([camera, before]) =>
      camera !== APPLIANCE && before.form === form && hasKeys(before.components),
  );
