/**
 * What Home Assistant accepts in MQTT discovery, written down by hand on 2026-11-27 from its documentation (github.com/home-assistant/
 * home-assistant.io, source/_integrations/mqtt.markdown and PLATFORM.mqtt.markdown) and, for what these leave open, from
 * its source (home-assistant/core, homeassistant/components/mqtt, components/sensor/const.py).
 */

/** Options of every entity. */
const ENTITY = [
  ...['availability', 'availability_mode', 'availability_template', 'availability_topic'],
  ...['payload_available', 'payload_not_available', 'default_entity_id', 'enabled_by_default'],
  ...['encoding', 'entity_category', 'entity_picture', 'icon', 'name', 'platform', 'qos'],
  ...['json_attributes_topic', 'json_attributes_template', 'unique_id'],
];

export interface DocumentedPlatform {
  required: string[];
  options: string[];
  deviceClasses: string[];
  /** Whether an entity without a name is named after its device class; not for those in `except`. */
  namedByClass: boolean;
  except?: string[];
}

export const PLATFORMS: Record<string, DocumentedPlatform> = {
  sensor: {
    required: ['state_topic'],
    options: [
      ...[...ENTITY, 'device_class', 'expire_after', 'force_update', 'last_reset_value_template'],
      ...['options', 'state_class', 'state_topic', 'suggested_display_precision'],
      ...['unit_of_measurement', 'value_template'],
    ],
    deviceClasses: [
      ...['date', 'enum', 'timestamp', 'apparent_power', 'aqi', 'area', 'atmospheric_pressure'],
      ...['battery', 'blood_glucose_concentration', 'carbon_dioxide', 'carbon_monoxide'],
      ...['conductivity', 'current', 'data_rate', 'data_size', 'distance', 'duration', 'energy'],
      ...['energy_distance', 'energy_storage', 'frequency', 'gas', 'humidity', 'illuminance'],
      ...['irradiance', 'moisture', 'monetary', 'nitrogen_dioxide', 'nitrogen_monoxide'],
      ...['nitrous_oxide', 'ozone', 'ph', 'pm1', 'pm10', 'pm25', 'power', 'power_factor'],
      ...['precipitation', 'precipitation_intensity', 'pressure', 'reactive_power'],
      ...['signal_strength', 'sound_pressure', 'speed', 'sulphur_dioxide', 'temperature'],
      ...['temperature_delta', 'volatile_organic_compounds', 'volatile_organic_compounds_parts'],
      ...['voltage', 'volume', 'volume_flow_rate', 'volume_storage', 'water', 'weight'],
      ...['wind_direction', 'wind_speed'],
    ],
    namedByClass: true,
    except: ['enum'],
  },
  binary_sensor: {
    required: ['state_topic'],
    options: [
      ...[...ENTITY, 'device_class', 'expire_after', 'force_update', 'off_delay'],
      ...['payload_off', 'payload_on', 'state_topic', 'value_template'],
    ],
    deviceClasses: [
      ...['battery', 'battery_charging', 'carbon_monoxide', 'cold', 'connectivity', 'door'],
      ...['garage_door', 'gas', 'heat', 'light', 'lock', 'moisture', 'motion', 'moving'],
      ...['occupancy', 'opening', 'plug', 'power', 'presence', 'problem', 'running', 'safety'],
      ...['smoke', 'sound', 'tamper', 'update', 'vibration', 'window'],
    ],
    namedByClass: true,
  },
  event: {
    required: ['state_topic', 'event_types'],
    options: [...ENTITY, 'device_class', 'event_types', 'state_topic', 'value_template'],
    deviceClasses: ['button', 'doorbell', 'motion'],
    namedByClass: true,
  },
  image: {
    required: [],
    options: [
      ...[...ENTITY, 'content_type', 'image_encoding', 'image_topic', 'url_template'],
      'url_topic',
    ],
    deviceClasses: [],
    namedByClass: false,
  },
  button: {
    required: ['command_topic'],
    options: [
      ...ENTITY,
      'command_template',
      'command_topic',
      'device_class',
      'payload_press',
      'retain',
    ],
    deviceClasses: ['identify', 'restart', 'update'],
    namedByClass: true,
  },
  switch: {
    required: ['command_topic'],
    options: [
      ...[...ENTITY, 'command_template', 'command_topic', 'device_class', 'optimistic'],
      ...['payload_off', 'payload_on', 'retain', 'state_off', 'state_on', 'state_topic'],
      'value_template',
    ],
    deviceClasses: ['outlet', 'switch'],
    namedByClass: true,
    except: ['switch'],
  },
};

/** The units of the device classes of sensors that are used here; others have to be added with their source. */
export const UNITS: Record<string, string[]> = {
  data_size: [
    ...['bit', 'kbit', 'Mbit', 'Gbit', 'B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'],
    ...['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB'],
  ],
  duration: ['d', 'h', 'min', 's', 'ms', 'µs'],
  temperature: ['°C', '°F', 'K'],
};

/** Classes of sensors that are no numbers: they have neither a unit nor a state class. */
export const NOT_NUMERIC = ['date', 'enum', 'timestamp'];

export const MESSAGE = [
  ...['device', 'origin', 'components', 'availability', 'availability_mode'],
  ...['availability_template', 'availability_topic', 'payload_available'],
  ...['payload_not_available', 'command_topic', 'state_topic', 'qos', 'encoding'],
];

export const DEVICE = [
  ...['configuration_url', 'connections', 'hw_version', 'identifiers', 'manufacturer', 'model'],
  ...['model_id', 'name', 'serial_number', 'suggested_area', 'sw_version', 'via_device'],
];

export const ORIGIN = ['name', 'support_url', 'sw_version'];

export const AVAILABILITY = [
  'topic',
  'payload_available',
  'payload_not_available',
  'value_template',
];

/** Abbreviations of options; those of devices and of origins are lists of their own. */
export const ABBREVIATIONS: Record<string, string> = {
  cmps: 'components',
  dev: 'device',
  o: 'origin',
  p: 'platform',
};
export const DEVICE_ABBREVIATIONS: Record<string, string> = {
  cns: 'connections',
  cu: 'configuration_url',
  hw: 'hw_version',
  ids: 'identifiers',
  mdl: 'model',
  mdl_id: 'model_id',
  mf: 'manufacturer',
  sa: 'suggested_area',
  sn: 'serial_number',
  sw: 'sw_version',
};
export const ORIGIN_ABBREVIATIONS: Record<string, string> = {
  sw: 'sw_version',
  url: 'support_url',
};

/** The topic of a device's discovery, below the prefix. */
export const TOPIC = /^homeassistant\/device\/(?:([a-zA-Z0-9_-]+)\/)?([a-zA-Z0-9_-]+)\/config$/;
