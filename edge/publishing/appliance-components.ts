import { topicFor } from '../../core/contract/topics.js';
import { type DiscoverySources, entityIds, type Named } from './discovery-parts.js';

const GIBIBYTE = 1024 ** 3;

/** The entities of the appliance's device. Their ids begin with an underscore, so they cannot be those of a camera. */
export function applianceComponents(sources: DiscoverySources): Named {
  const { diagnostic, size } = partsFor(sources);
  return {
    ...relayComponents(sources),
    _problem: {
      p: 'binary_sensor',
      ...diagnostic('binary_sensor', 'problem'),
      value_template: "{{ 'ON' if value_json.status == 'degraded' else 'OFF' }}",
      device_class: 'problem',
      json_attributes_topic: topicFor(sources.root, 'health', { site: sources.site }),
      json_attributes_template: "{{ {'reasons': value_json.reasons} | tojson }}",
    },
    _version: {
      p: 'sensor',
      name: 'Version',
      ...diagnostic('sensor', 'version'),
      value_template: '{{ value_json.version }}',
    },
    _disk: { name: 'Images', ...size('disk', 'usedBytes') },
    _room: { name: 'Disk free', ...size('room', 'freeBytes') },
    ...(sources.hasTemperature && {
      _temperature: {
        p: 'sensor',
        ...diagnostic('sensor', 'temperature'),
        value_template: '{{ value_json.temperatureCelsius }}',
        device_class: 'temperature',
        unit_of_measurement: '°C',
        state_class: 'measurement',
      },
    }),
  };
}

/** What concerns the relay; nothing if none is configured. */
function relayComponents(sources: DiscoverySources): Named {
  if (!sources.hasRelay) return {};
  const { diagnostic } = partsFor(sources);
  return {
    _relay: {
      p: 'binary_sensor',
      name: 'Relay',
      ...diagnostic('binary_sensor', 'relay'),
      value_template: "{{ 'ON' if value_json.relayConnected else 'OFF' }}",
      device_class: 'connectivity',
    },
    _outbox: {
      p: 'sensor',
      name: 'Outbox',
      ...diagnostic('sensor', 'outbox'),
      value_template: '{{ value_json.outbox.depth }}',
      state_class: 'measurement',
      icon: 'mdi:tray-full',
    },
    _sync: {
      p: 'sensor',
      name: 'Last sync',
      ...diagnostic('sensor', 'sync'),
      value_template: '{{ value_json.lastSyncAt | default(none, true) }}',
      device_class: 'timestamp',
    },
  };
}

function partsFor({ site, root }: DiscoverySources) {
  const diagnostic = (platform: 'sensor' | 'binary_sensor', key: string) => ({
    ...entityIds(platform, site, key),
    state_topic: topicFor(root, 'health', { site }),
    entity_category: 'diagnostic' as const,
  });
  const size = (key: string, field: string) => ({
    p: 'sensor' as const,
    ...diagnostic('sensor', key),
    value_template: `{{ (value_json.disk.${field} / ${GIBIBYTE}) | round(2) }}`,
    device_class: 'data_size' as const,
    unit_of_measurement: 'GiB',
    suggested_display_precision: 1,
    state_class: 'measurement' as const,
  });
  return { diagnostic, size };
}
