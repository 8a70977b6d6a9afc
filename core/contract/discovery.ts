import { z } from 'zod';

/**
 * The part of Home Assistant's MQTT device discovery that is used here. Source: its documentation (integrations/mqtt,
 * "Device discovery payload", and the pages of the platforms). Home Assistant ignores unknown options; this schema is
 * strict, so that it finds a misspelt one. An entity without `name` is named after its device class, in the user's language.
 */

const template = z.string().min(1);
const topic = z
  .string()
  .min(1)
  .regex(/^[^+#]*$/, 'a topic without wildcards');
const qos = z.union([z.literal(0), z.literal(1), z.literal(2)]);

const availability = z.array(
  z.strictObject({
    topic,
    payload_available: z.string().optional(),
    payload_not_available: z.string().optional(),
    value_template: template.optional(),
  }),
);

/** Options of every entity. */
const entity = {
  name: z.string().min(1).optional(),
  unique_id: z.string().min(1),
  default_entity_id: z.string().regex(/^[a-z_]+\.[a-z0-9_]+$/),
  icon: z.string().regex(/^mdi:/).optional(),
  entity_category: z.enum(['config', 'diagnostic']).optional(),
  enabled_by_default: z.boolean().optional(),
  availability: availability.optional(),
  availability_mode: z.enum(['all', 'any', 'latest']).optional(),
  qos: qos.optional(),
};

const attributes = {
  json_attributes_topic: topic.optional(),
  json_attributes_template: template.optional(),
};

const sensor = z.strictObject({
  p: z.literal('sensor'),
  ...entity,
  ...attributes,
  state_topic: topic,
  value_template: template.optional(),
  unit_of_measurement: z.string().optional(),
  device_class: z.enum(['data_size', 'duration', 'temperature', 'timestamp', 'enum']).optional(),
  options: z.array(z.string().min(1)).min(1).optional(),
  state_class: z.enum(['measurement', 'total', 'total_increasing']).optional(),
  suggested_display_precision: z.int().min(0).optional(),
  expire_after: z.int().min(1).optional(),
});

const binarySensor = z
  .strictObject({
    p: z.literal('binary_sensor'),
    ...entity,
    ...attributes,
    state_topic: topic,
    value_template: template.optional(),
    payload_on: z.string().optional(),
    payload_off: z.string().optional(),
    device_class: z.enum(['occupancy', 'problem', 'connectivity']).optional(),
    off_delay: z.int().min(1).optional(),
    expire_after: z.int().min(1).optional(),
  })
  .refine(({ device_class, off_delay, expire_after }) => {
    return device_class !== 'occupancy' || off_delay !== undefined || expire_after !== undefined;
  }, 'an occupancy that nothing ends');

const event = z.strictObject({
  p: z.literal('event'),
  ...entity,
  ...attributes,
  state_topic: topic,
  event_types: z.array(z.string()).min(1),
  device_class: z.enum(['button', 'doorbell', 'motion']).optional(),
  value_template: template.optional(),
});

const image = z
  .strictObject({
    p: z.literal('image'),
    ...entity,
    ...attributes,
    url_topic: topic.optional(),
    url_template: template.optional(),
    image_topic: topic.optional(),
    content_type: z.string().optional(),
  })
  .refine(
    ({ url_topic, image_topic }) => (url_topic === undefined) !== (image_topic === undefined),
    'either url_topic or image_topic',
  );

const button = z.strictObject({
  p: z.literal('button'),
  ...entity,
  command_topic: topic,
  payload_press: z.string().optional(),
  device_class: z.enum(['restart', 'update', 'identify']).optional(),
});

const switchEntity = z.strictObject({
  p: z.literal('switch'),
  ...entity,
  command_topic: topic,
  state_topic: topic.optional(),
  value_template: template.optional(),
  payload_on: z.string().optional(),
  payload_off: z.string().optional(),
  state_on: z.string().optional(),
  state_off: z.string().optional(),
});

const platforms = ['sensor', 'binary_sensor', 'event', 'image', 'button', 'switch'] as const;

/** A component that has only its platform: Home Assistant removes it. */
const removed = z.strictObject({ p: z.enum(platforms) });

const component = z.union([sensor, binarySensor, event, image, button, switchEntity, removed]);
export type DiscoveryComponent = z.infer<typeof component>;
export type DiscoveryPlatform = (typeof platforms)[number];

const ID = /^[a-zA-Z0-9_-]+$/;

export const discoverySchema = z
  .strictObject({
    dev: z.strictObject({
      ids: z.array(z.string().min(1)).min(1),
      name: z.string().min(1),
      mf: z.string().optional(),
      mdl: z.string().optional(),
      mdl_id: z.string().optional(),
      sw: z.string().optional(),
      via_device: z.string().min(1).optional(),
      cu: z
        .url({ protocol: /^https?$/ })
        .optional()
        .meta({ description: 'Address of the page where the appliance can be configured' }),
    }),
    o: z.strictObject({
      name: z.string().min(1),
      sw: z.string().optional(),
      url: z.url().optional(),
    }),
    cmps: z.record(z.string().regex(ID), component),
    availability,
    availability_mode: z.literal('all'),
    qos,
  })
  .meta({ id: 'HomeAssistantDiscovery' });
export type Discovery = z.infer<typeof discoverySchema>;

/**
 * Makes Home Assistant unload the components of a discovery topic and keep their settings, so that they can be
 * announced in another topic. Source: its documentation (integrations/mqtt, "Migration from single component to device-based
 * discovery"); it works for topics of devices too.
 */
const migration = z.strictObject({ migrate_discovery: z.literal(true) });

export const discoveryMessageSchema = z
  .union([discoverySchema, migration])
  .meta({ id: 'HomeAssistantDiscoveryOrMigration' });
