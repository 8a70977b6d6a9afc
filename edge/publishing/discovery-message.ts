import type { Discovery, DiscoveryComponent } from '../../core/contract/discovery.js';
import { type TopicName, type TopicNames, topicFor } from '../../core/contract/topics.js';
import type { Components } from '../store/announced-table.js';

export interface DiscoveredCamera {
  id: string;
  name: string | undefined;
  /** The labels of its detectors, each with a name for ids. */
  labels: { slug: string; label: string }[];
}

export interface DiscoverySources {
  site: string;
  root: string;
  version: string;
  /** URL of the appliance, which Home Assistant links from the device. */
  url: string | undefined;
  /** Whether images are published over MQTT; otherwise their URLs are. */
  snapshots: boolean;
  hasTemperature: boolean;
}

/** Home Assistant shows a state as unknown if it is not repeated within this time. States are repeated each minute. */
const EXPIRE_SECONDS = 180;

type Named = Record<string, DiscoveryComponent>;

/** The appliance as a device of Home Assistant, without its cameras. `removed` are components to remove. */
export const applianceDiscovery = (sources: DiscoverySources, removed: Components): Discovery =>
  discoveryOf(sources, applianceComponents(sources), removed);

/**
 * The entities of a camera. They belong to the device of the appliance, but have a message of their own, because a broker
 * may limit the size of messages.
 */
export const cameraDiscovery = (
  sources: DiscoverySources,
  camera: DiscoveredCamera,
  removed: Components,
): Discovery => discoveryOf(sources, cameraComponents(sources, camera), removed);

/** `cameraDiscovery` in at most `maxBytes` if that is possible, without the counts of the last labels if necessary. */
export function fittedCameraDiscovery(
  sources: DiscoverySources,
  camera: DiscoveredCamera,
  removed: Components,
  maxBytes: number,
): Discovery {
  let message = cameraDiscovery(sources, camera, removed);
  for (let kept = camera.labels.length; kept > 0 && bytesOf(message) > maxBytes; ) {
    kept = Math.floor(kept / 2);
    const labels = camera.labels.slice(0, kept);
    message = cameraDiscovery(sources, { ...camera, labels }, removed);
  }
  return message;
}

const bytesOf = (message: Discovery): number => Buffer.byteLength(JSON.stringify(message));

function discoveryOf(
  { site, root, version, url }: DiscoverySources,
  components: Named,
  removed: Components,
): Discovery {
  const removals = Object.entries(removed).map(([id, p]) => [id, { p }] as const);
  return {
    dev: {
      ids: [`siteglass-${site}`],
      name: `Siteglass ${site}`,
      mf: 'Siteglass',
      mdl: 'Appliance',
      sw: version,
      ...(url && { cu: url }),
    },
    o: { name: 'siteglass', sw: version },
    cmps: { ...components, ...Object.fromEntries(removals) },
    availability: [{ topic: topicFor(root, 'siteAvailability', { site }) }],
    availability_mode: 'all',
    qos: 1,
  };
}

/** A camera's components, by their ids within the device. */
export function cameraComponents(sources: DiscoverySources, camera: DiscoveredCamera): Named {
  const components = {
    ...countSensors(sources, camera),
    ...liveComponents(sources, camera),
    ...controls(sources, camera),
  };
  return Object.fromEntries(
    Object.entries(components).map(([key, component]) => [`${camera.id}_${key}`, component]),
  );
}

/** One sensor for each label, with the number of objects in the last snapshot. */
function countSensors(sources: DiscoverySources, camera: DiscoveredCamera): Named {
  const { topic, entity, live } = partsFor(sources, camera);
  const sensors = camera.labels.map(({ slug, label }): [string, DiscoveryComponent] => [
    `count-${slug}`,
    {
      p: 'sensor',
      ...entity(`count-${slug}`, label),
      ...live,
      state_topic: topic('cameraState'),
      value_template: `{{ value_json.counts[${JSON.stringify(label)}] | default(0) }}`,
      state_class: 'measurement',
      icon: 'mdi:counter',
    },
  ]);
  return Object.fromEntries(sensors);
}

/** What the camera shows. Unavailable while the camera is offline. */
function liveComponents(sources: DiscoverySources, camera: DiscoveredCamera): Named {
  const { topic, entity, live } = partsFor(sources, camera);
  return {
    occupancy: {
      p: 'binary_sensor',
      ...entity('occupancy', 'occupancy'),
      ...live,
      state_topic: topic('cameraState'),
      value_template: "{{ 'ON' if value_json.occupied else 'OFF' }}",
      device_class: 'occupancy',
      expire_after: EXPIRE_SECONDS,
    },
    event: {
      p: 'event',
      ...entity('event', 'sighting'),
      ...live,
      state_topic: topic('event'),
      event_types: ['appeared', 'left'],
      icon: 'mdi:eye',
    },
    image: {
      p: 'image',
      ...entity('image', 'snapshot'),
      ...live,
      ...(sources.snapshots
        ? { image_topic: topic('snapshot'), content_type: 'image/jpeg' }
        : { url_topic: topic('cameraState'), url_template: '{{ value_json.url }}' }),
    },
  };
}

/** Depend on the site's availability only: a paused camera is offline, but it must be possible to resume it. */
function controls(sources: DiscoverySources, camera: DiscoveredCamera): Named {
  const { topic, entity } = partsFor(sources, camera);
  return {
    snapshot: {
      p: 'button',
      ...entity('snapshot', 'take a snapshot'),
      command_topic: topic('command'),
      payload_press: 'snapshot',
      icon: 'mdi:camera',
    },
    pause: {
      p: 'switch',
      ...entity('pause', 'paused'),
      command_topic: topic('command'),
      payload_on: 'pause',
      payload_off: 'resume',
      state_topic: topic('cameraReport'),
      value_template: "{{ 'pause' if value_json.paused else 'resume' }}",
      state_on: 'pause',
      state_off: 'resume',
      icon: 'mdi:pause-circle',
    },
    report: {
      p: 'sensor',
      ...entity('report', 'state'),
      state_topic: topic('cameraReport'),
      value_template: '{{ value_json.state }}',
      json_attributes_topic: topic('cameraReport'),
      entity_category: 'diagnostic',
    },
    problem: {
      p: 'binary_sensor',
      ...entity('problem', 'problem'),
      state_topic: topic('cameraReport'),
      value_template: "{{ 'ON' if value_json.state in ['offline', 'frozen', 'stale'] else 'OFF' }}",
      device_class: 'problem',
      entity_category: 'diagnostic',
    },
  };
}

/** What the components of a camera have in common. */
function partsFor({ site, root }: DiscoverySources, camera: DiscoveredCamera) {
  const names = { site, camera: camera.id };
  const topic = <N extends TopicName>(name: N) => topicFor(root, name, names as TopicNames<N>);
  const entity = (key: string, what: string) => ({
    name: `${camera.name ?? camera.id} ${what}`,
    unique_id: `siteglass-${site}_${camera.id}_${key}`,
  });
  const live = {
    availability: [
      { topic: topicFor(root, 'siteAvailability', { site }) },
      { topic: topic('cameraAvailability') },
    ],
    availability_mode: 'all' as const,
  };
  return { topic, entity, live };
}

/** The platforms of components, which are needed to remove them later. */
export const platformsOf = (components: Named): Components =>
  Object.fromEntries(Object.entries(components).map(([id, { p }]) => [id, p]));

function applianceComponents({ site, root, hasTemperature }: DiscoverySources): Named {
  const diagnostic = (key: string, name: string, value: string) => ({
    p: 'sensor' as const,
    name,
    unique_id: `siteglass-${site}_${key}`,
    state_topic: topicFor(root, 'health', { site }),
    value_template: `{{ ${value} }}`,
    entity_category: 'diagnostic' as const,
  });
  // The id of a camera contains no underscore, so these ids cannot be those of a camera's component.
  return {
    _outbox: {
      ...diagnostic('outbox', 'Outbox', 'value_json.outbox.depth'),
      state_class: 'measurement',
      icon: 'mdi:tray-full',
    },
    _sync: {
      ...diagnostic('sync', 'Last sync', 'value_json.lastSyncAt | default(none, true)'),
      device_class: 'timestamp',
    },
    _version: diagnostic('version', 'Version', 'value_json.version'),
    _disk: {
      ...diagnostic('disk', 'Disk used', 'value_json.disk.usedBytes'),
      device_class: 'data_size',
      unit_of_measurement: 'B',
      state_class: 'measurement',
    },
    ...(hasTemperature && {
      _temperature: {
        ...diagnostic('temperature', 'Temperature', 'value_json.temperatureCelsius'),
        device_class: 'temperature',
        unit_of_measurement: '°C',
        state_class: 'measurement',
      },
    }),
  };
}
