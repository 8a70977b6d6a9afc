import type { DiscoveryComponent, DiscoveryPlatform } from '../../core/contract/discovery.js';
import { cameraStateNameSchema } from '../../core/contract/live-payloads.js';
import { type TopicName, type TopicNames, topicFor } from '../../core/contract/topics.js';
import {
  capitalised,
  type DiscoveredCamera,
  type DiscoverySources,
  EXPIRE_SECONDS,
  entityIds,
  literal,
  type Named,
  siteAvailability,
} from './discovery-parts.js';

/** The entities of a camera's device, by their ids within it. */
export function cameraComponents(sources: DiscoverySources, camera: DiscoveredCamera): Named {
  const components = {
    ...occupancies(sources, camera),
    ...counts(sources, camera),
    ...whatItShows(sources, camera),
    ...controls(sources, camera),
    ...diagnostics(sources, camera),
  };
  return Object.fromEntries(
    Object.entries(components).map(([key, component]) => [`${camera.id}_${key}`, component]),
  );
}

/** Whether anything is present at the camera, an object of each label, and anything in each zone. */
function occupancies(sources: DiscoverySources, camera: DiscoveredCamera): Named {
  const { topic, ids, live } = partsFor(sources, camera);
  const occupancy = (
    key: string,
    condition: string,
    name?: string,
  ): [string, DiscoveryComponent] => [
    key,
    {
      p: 'binary_sensor',
      ...(name && { name }),
      ...ids('binary_sensor', key),
      ...live,
      state_topic: topic('cameraState'),
      value_template: `{{ 'ON' if ${condition} else 'OFF' }}`,
      device_class: 'occupancy',
      expire_after: EXPIRE_SECONDS,
    },
  ];
  return Object.fromEntries([
    occupancy('occupancy', 'value_json.occupied'),
    ...camera.labels.map(({ slug, label }) =>
      occupancy(`occupancy-${slug}`, presentOf(label), `${capitalised(label)} occupancy`),
    ),
    ...camera.zones.map(({ slug, name }) =>
      occupancy(`zone-${slug}`, inZone(name), `${capitalised(name)} occupancy`),
    ),
  ]);
}

const presentOf = (label: string) => `(value_json.present[${literal(label)}] | default(0)) > 0`;

/** A retained state of an earlier version has no zones. */
const inZone = (name: string) => `(value_json.zones | default({}))[${literal(name)}] | default({})`;

/** One sensor for each label, with the number of objects that are present: what a single snapshot misses is still there. */
function counts(sources: DiscoverySources, camera: DiscoveredCamera): Named {
  const { topic, ids, live } = partsFor(sources, camera);
  const sensors = camera.labels.map(({ slug, label }): [string, DiscoveryComponent] => [
    `count-${slug}`,
    {
      p: 'sensor',
      name: `${capitalised(label)} count`,
      ...ids('sensor', `count-${slug}`),
      ...live,
      state_topic: topic('cameraState'),
      value_template: `{{ value_json.present[${literal(label)}] | default(0) }}`,
      state_class: 'measurement',
      icon: 'mdi:counter',
    },
  ]);
  return Object.fromEntries(sensors);
}

/** Sightings and the last snapshot. Unavailable while the camera is offline. */
function whatItShows(sources: DiscoverySources, camera: DiscoveredCamera): Named {
  const { topic, ids, live } = partsFor(sources, camera);
  return {
    event: {
      p: 'event',
      name: 'Sighting',
      ...ids('event', 'event'),
      ...live,
      state_topic: topic('event'),
      event_types: ['appeared', 'left'],
      icon: 'mdi:eye',
    },
    image: {
      p: 'image',
      name: 'Snapshot',
      ...ids('image', 'image'),
      ...live,
      ...(sources.snapshots
        ? { image_topic: topic('snapshot'), content_type: 'image/jpeg' }
        : { url_topic: topic('picture') }),
    },
  };
}

/**
 * Depend on the site's availability only: a camera that is off is offline, but it must be possible to turn it on. None if
 * the appliance takes no commands from this broker.
 */
function controls(sources: DiscoverySources, camera: DiscoveredCamera): Named {
  if (!sources.commands) return {};
  const { topic, ids } = partsFor(sources, camera);
  return {
    snapshot: {
      p: 'button',
      name: 'Take snapshot',
      ...ids('button', 'snapshot'),
      command_topic: topic('command'),
      payload_press: 'snapshot',
      icon: 'mdi:camera',
    },
    enabled: {
      p: 'switch',
      name: 'Enabled',
      ...ids('switch', 'enabled'),
      command_topic: topic('command'),
      payload_on: 'resume',
      payload_off: 'pause',
      state_topic: topic('cameraReport'),
      value_template: "{{ 'OFF' if value_json.paused else 'ON' }}",
      state_on: 'ON',
      state_off: 'OFF',
      entity_category: 'config',
      icon: 'mdi:cctv',
    },
  };
}

/** How the camera is; available while the appliance is. */
function diagnostics(sources: DiscoverySources, camera: DiscoveredCamera): Named {
  const { topic, ids } = partsFor(sources, camera);
  const report = (platform: DiscoveryPlatform, key: string) => ({
    ...ids(platform, key),
    state_topic: topic('cameraReport'),
    entity_category: 'diagnostic' as const,
  });
  return {
    report: {
      p: 'sensor',
      name: 'State',
      ...report('sensor', 'report'),
      value_template: '{{ value_json.state }}',
      device_class: 'enum',
      options: [...cameraStateNameSchema.options],
      json_attributes_topic: topic('cameraReport'),
    },
    connectivity: {
      p: 'binary_sensor',
      ...report('binary_sensor', 'connectivity'),
      value_template: "{{ 'OFF' if value_json.state == 'offline' else 'ON' }}",
      device_class: 'connectivity',
    },
    problem: {
      p: 'binary_sensor',
      ...report('binary_sensor', 'problem'),
      value_template: "{{ 'ON' if value_json.state in ['offline', 'frozen', 'stale'] else 'OFF' }}",
      device_class: 'problem',
    },
    seen: {
      p: 'sensor',
      name: 'Last snapshot',
      ...report('sensor', 'seen'),
      value_template: '{{ value_json.lastSnapshotAt | default(none, true) }}',
      device_class: 'timestamp',
    },
  };
}

/** What the components of a camera have in common. */
function partsFor(sources: DiscoverySources, camera: DiscoveredCamera) {
  const { site, root } = sources;
  const names = { site, camera: camera.id };
  const topic = <N extends TopicName>(name: N) => topicFor(root, name, names as TopicNames<N>);
  const ids = (platform: DiscoveryPlatform, key: string) =>
    entityIds(platform, site, camera.id, key);
  const live = {
    availability: [siteAvailability(sources), { topic: topic('cameraAvailability') }],
    availability_mode: 'all' as const,
  };
  return { topic, ids, live };
}
