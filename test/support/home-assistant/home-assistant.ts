import { discoveryOf } from './discovery-faults.js';

interface Entity {
  component: string;
  topic: string;
  /** The identifier of the device that it belonged to when it was loaded. */
  device: string;
  platform: string;
  isLoaded: boolean;
}

/**
 * The part of Home Assistant that keeps entities of MQTT discovery (homeassistant/components/mqtt, discovery.py and
 * entity.py). Its registry keeps an entity's id, settings and device by the unique id; an entity that is still in the registry
 * and that nothing provides is an orphan. A loaded entity changes neither its topic nor its device.
 */
export class HomeAssistant {
  readonly entities = new Map<string, Entity>();
  /** Why messages were refused. */
  readonly refused: string[] = [];
  readonly vias = new Map<string, string>();

  receive(topic: string, payload: string): void {
    if (payload === '') {
      this.#removeAll(topic);
      return;
    }
    if ('migrate_discovery' in JSON.parse(payload)) {
      for (const entity of this.#of(topic)) entity.isLoaded = false;
      return;
    }
    const { device, components } = discoveryOf(payload);
    const [id = ''] = device.identifiers as string[];
    if (typeof device.via_device === 'string') this.vias.set(id, device.via_device);
    for (const [name, { platform, ...options }] of components) {
      if (Object.keys(options).length === 0) this.#remove(topic, name);
      else
        this.#load(`${options.unique_id}`, {
          component: name,
          topic,
          device: id,
          platform: `${platform}`,
        });
    }
  }

  /** It starts again, with what the broker retained. */
  restart(retained: Map<string, string>): void {
    for (const entity of this.entities.values()) entity.isLoaded = false;
    for (const [topic, payload] of retained) this.receive(topic, payload);
  }

  get orphans(): string[] {
    return [...this.entities].filter(([, { isLoaded }]) => !isLoaded).map(([id]) => id);
  }

  get devices(): Set<string> {
    return new Set([...this.entities.values()].map(({ device }) => device));
  }

  #load(id: string, found: Omit<Entity, 'isLoaded'>): void {
    const before = this.entities.get(id);
    if (before?.isLoaded && before.topic !== found.topic)
      this.refused.push(`${id}: announced in ${before.topic} and ${found.topic}`);
    else if (before?.isLoaded) this.entities.set(id, { ...before, component: found.component });
    else this.entities.set(id, { ...found, isLoaded: true });
  }

  #remove(topic: string, component: string): void {
    for (const [id, entity] of this.entities)
      if (entity.isLoaded && entity.topic === topic && entity.component === component)
        this.entities.delete(id);
  }

  #removeAll(topic: string): void {
    for (const { component } of this.#of(topic)) this.#remove(topic, component);
  }

  #of(topic: string): Entity[] {
    return [...this.entities.values()].filter((one) => one.isLoaded && one.topic === topic);
  }
}
