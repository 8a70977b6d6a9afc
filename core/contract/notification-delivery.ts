import { z } from 'zod';
import { imageIdSchema, instantSchema, nameSchema } from './names.js';
import { triggerSchema } from './notification-trigger.js';

/** The messages, and what became of them. */

const ok = { status: z.literal('OK') };
const count = z.int().min(0);

export const notificationAnswerSchema = z
  .object({
    at: instantSchema,
    ok: z.boolean(),
    text: z.string().meta({ description: "The receiver's answer, or the fault, in words" }),
  })
  .meta({ id: 'NotificationAnswer' });
export type NotificationAnswer = z.infer<typeof notificationAnswerSchema>;

export const deliveryStateSchema = z.enum(['waiting', 'delivered', 'dropped']);
export type DeliveryState = z.infer<typeof deliveryStateSchema>;
const deliveryIdSchema = z.uuid({ version: 'v7', error: 'expected a UUIDv7' });

/** One thing that happened. */
export const happeningSchema = z
  .object({
    at: instantSchema,
    text: z.string(),
    site: nameSchema.nullable(),
    camera: nameSchema.nullable(),
    cameraName: z.string().nullable(),
    label: z.string().nullable(),
    zones: z.array(z.string()),
    confidence: z.number().nullable(),
    sighting: z.string().nullable(),
    image: imageIdSchema.nullable(),
  })
  .meta({ id: 'Happening' });
export type Happening = z.infer<typeof happeningSchema>;

/** The message as the preset `json`, Home Assistant's webhook and MQTT have it. */
export const notificationMessageSchema = z
  .object({
    id: deliveryIdSchema.meta({
      description: 'The same if a message arrives twice; also in the header Siteglass-Delivery',
    }),
    event: z.enum([...triggerSchema.options, 'test']),
    phase: z
      .enum(['event', 'problem', 'recovered', 'test'])
      .meta({ description: 'A condition begins with `problem` and ends with `recovered`' }),
    title: z.string(),
    text: z.string(),
    at: instantSchema,
    site: z.string().nullable(),
    rule: z.object({ id: z.string(), name: z.string().nullable() }),
    camera: z.string().nullable(),
    cameraName: z.string().nullable(),
    label: z.string().nullable(),
    zones: z.array(z.string()),
    confidence: z.number().nullable(),
    sighting: z.string().nullable(),
    count: count.meta({ description: 'How many happenings it stands for' }),
    happenings: z.array(happeningSchema).meta({ description: 'The first 20 of them' }),
    picture: z
      .object({
        url: z.string().nullable(),
        mediaType: z.string().nullable(),
        base64: z.string().optional(),
      })
      .nullable(),
  })
  .meta({ id: 'NotificationMessage' });
export type NotificationMessage = z.infer<typeof notificationMessageSchema>;

/** The same over MQTT. */
export const mqttNotificationSchema = notificationMessageSchema
  .extend({ way: nameSchema })
  .meta({ id: 'MqttNotification' });

export const deliverySchema = z
  .object({
    id: deliveryIdSchema,
    way: nameSchema,
    rule: nameSchema,
    event: z.string(),
    title: z.string(),
    text: z.string(),
    state: deliveryStateSchema,
    createdAt: instantSchema,
    attempts: count,
    nextAttemptAt: instantSchema.nullable().meta({ description: 'Null unless it is waiting' }),
    lastAnswer: notificationAnswerSchema.nullable(),
    image: imageIdSchema.nullable(),
  })
  .meta({ id: 'NotificationDelivery' });
export type DeliveryResource = z.infer<typeof deliverySchema>;

export const deliveryQuerySchema = z.strictObject({
  state: deliveryStateSchema.optional(),
  way: nameSchema.optional(),
  rule: nameSchema.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  after: z
    .string()
    .regex(/^\d{1,15}$/, 'expected the "next" of an earlier answer')
    .optional()
    .meta({ description: 'Cursor: the `next` of the previous page' }),
});
export type DeliveryQuery = z.infer<typeof deliveryQuerySchema>;
export const deliveryPageSchema = z.object({
  ...ok,
  deliveries: z.array(deliverySchema),
  next: z.string().nullable(),
});
export const deliveryAnswerSchema = z.object({ ...ok, delivery: deliverySchema });
