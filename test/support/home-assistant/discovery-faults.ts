import {
  ABBREVIATIONS,
  AVAILABILITY,
  DEVICE,
  DEVICE_ABBREVIATIONS,
  MESSAGE,
  NOT_NUMERIC,
  ORIGIN,
  ORIGIN_ABBREVIATIONS,
  PLATFORMS,
  TOPIC,
  UNITS,
} from './documented-options.js';

type Options = Record<string, unknown>;

const written = (options: unknown, abbreviations: Record<string, string>): Options =>
  Object.fromEntries(
    Object.entries((options ?? {}) as Options).map(([key, value]) => [
      abbreviations[key] ?? key,
      value,
    ]),
  );

/** A message with every option written in full, as Home Assistant reads it. */
export function discoveryOf(payload: string) {
  const message = written(JSON.parse(payload), ABBREVIATIONS);
  const components = Object.entries((message.components ?? {}) as Options).map(
    ([id, component]) => [id, written(component, ABBREVIATIONS)] as const,
  );
  return {
    message,
    device: written(message.device, DEVICE_ABBREVIATIONS),
    origin: written(message.origin, ORIGIN_ABBREVIATIONS),
    components: new Map(components),
  };
}

const unknown = (where: string, options: Options, known: string[]): string[] =>
  Object.keys(options)
    .filter((key) => !known.includes(key))
    .map((key) => `${where}: unknown option ${key}`);

/** What Home Assistant would not accept in a discovery message of a device, or would ignore. */
export function discoveryFaults(topic: string, payload: string): string[] {
  const { message, device, origin, components } = discoveryOf(payload);
  const ids = device.identifiers;
  return [
    ...(TOPIC.test(topic) ? [] : [`not a discovery topic: ${topic}`]),
    ...unknown('message', message, MESSAGE),
    ...unknown('device', device, DEVICE),
    ...unknown('origin', origin, ORIGIN),
    ...(Array.isArray(ids) && ids.length > 0 ? [] : ['device: no identifiers']),
    ...(typeof device.name === 'string' ? [] : ['device: no name']),
    ...(typeof origin.name === 'string' ? [] : ['origin: no name']),
    ...availabilityFaults('message', message),
    ...[...components].flatMap(([id, component]) => componentFaults(id, component)),
    ...sameNames([...components.values()]),
  ];
}

/** Entities of a device that have the same name cannot be told apart. */
function sameNames(components: Options[]): string[] {
  const names = components
    .filter((component) => Object.keys(component).length > 1)
    .map(({ platform, name, device_class }) => `${platform} ${name ?? device_class}`);
  return names.filter((name, i) => names.indexOf(name) < i).map((name) => `twice: ${name}`);
}

function componentFaults(id: string, component: Options): string[] {
  const platform = PLATFORMS[`${component.platform}`];
  if (!platform) return [`${id}: unknown platform ${component.platform}`];
  // Without options, Home Assistant removes the component.
  if (Object.keys(component).length === 1) return [];
  const text = (key: string) => (typeof component[key] === 'string' ? `${component[key]}` : '');
  const required = [...platform.required, 'unique_id'].filter((key) => !(key in component));
  const deviceClass = text('device_class');
  const isNamedByClass =
    platform.namedByClass && deviceClass !== '' && !platform.except?.includes(deviceClass);
  const entityId = text('default_entity_id');
  return [
    ...unknown(id, component, platform.options),
    ...required.map((key) => `${id}: no ${key}`),
    ...(deviceClass === '' || platform.deviceClasses.includes(deviceClass)
      ? []
      : [`${id}: unknown device class ${deviceClass}`]),
    ...('name' in component || isNamedByClass ? [] : [`${id}: nothing names it`]),
    ...(component.name === null ? [`${id}: has the name of its device`] : []),
    ...(new RegExp(`^${component.platform}\\.[a-z0-9]+(_[a-z0-9]+)*$`).test(entityId)
      ? []
      : [`${id}: default_entity_id ${entityId}`]),
    ...Object.keys(component)
      .filter((key) => key.endsWith('_topic') && !/^[^+#\0]+$/.test(text(key)))
      .map((key) => `${id}: ${key}`),
    ...availabilityFaults(id, component),
    ...(component.platform === 'sensor' ? sensorFaults(id, component) : []),
    ...(component.platform === 'image' ? imageFaults(id, component) : []),
  ];
}

function availabilityFaults(where: string, options: Options): string[] {
  const mode = options.availability_mode ?? 'latest';
  const list = (options.availability ?? []) as Options[];
  return [
    ...(['all', 'any', 'latest'].includes(`${mode}`) ? [] : [`${where}: availability_mode`]),
    ...list.flatMap((one) => [
      ...unknown(`${where}: availability`, one, AVAILABILITY),
      ...(typeof one.topic === 'string' ? [] : [`${where}: availability without a topic`]),
    ]),
  ];
}

function sensorFaults(id: string, sensor: Options): string[] {
  const deviceClass = `${sensor.device_class ?? ''}`;
  const unit = sensor.unit_of_measurement;
  const units = UNITS[deviceClass];
  const isNumeric = !NOT_NUMERIC.includes(deviceClass);
  return [
    ...(units && !units.includes(`${unit}`) ? [`${id}: unit ${unit}`] : []),
    ...(!isNumeric && ('state_class' in sensor || unit !== undefined) ? [`${id}: no number`] : []),
    ...('options' in sensor === (deviceClass === 'enum') ? [] : [`${id}: options`]),
  ];
}

function imageFaults(id: string, image: Options): string[] {
  const isUrl = 'url_topic' in image;
  if (isUrl === 'image_topic' in image) return [`${id}: either url_topic or image_topic`];
  return isUrl && 'content_type' in image ? [`${id}: content_type with url_topic`] : [];
}
