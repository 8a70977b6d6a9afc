import { z } from 'zod';
import { mqttTextSchema, nameSchema } from './names.js';

/**
 * Where a notification goes: a webhook, an e-mail server, or a topic of MQTT. The shapes take the schema of their
 * secrets: in the configuration file a secret may be elsewhere, in an answer of the API there is only a marker.
 */

export const MAX_WAYS = 32;

/** In place of a secret in an answer. Sent back, it keeps the secret. */
export const secretMarkerSchema = z
  .strictObject({ set: z.boolean(), shown: z.string().max(300).optional() })
  .meta({
    id: 'SecretMarker',
    description:
      'A secret that is set, or with `false` one that is missing and has to be entered again. `shown` is the part that is none, e.g. the origin of an address.',
  });
export type SecretMarker = z.infer<typeof secretMarkerSchema>;

const secretTextSchema = z.string().min(1).max(2_048);
/** A secret in a request: its text, or the marker to keep what is set. */
export const givenSecretSchema = z.union([secretTextSchema, secretMarkerSchema]);
export type GivenSecret = z.infer<typeof givenSecretSchema>;

export const presetSchema = z
  .enum(['json', 'ntfy', 'telegram', 'slack', 'discord', 'home-assistant', 'custom'])
  .meta({
    description: 'What the receiver is; it decides the method, the headers and the body',
  });
export type Preset = z.infer<typeof presetSchema>;

/** How a picture goes with a message. `file` is an upload: a part of a form, or for ntfy the body. */
export const pictureModeSchema = z.enum(['none', 'link', 'base64', 'file']);
export type PictureMode = z.infer<typeof pictureModeSchema>;

export const MAX_TEMPLATE_LENGTH = 8_192;

/** It ends up in the header of a mail, among others. */
export const displayNameSchema = mqttTextSchema.max(64);

const commonFields = {
  id: nameSchema,
  name: displayNameSchema.optional(),
  enabled: z.boolean().default(true),
  maxPerMinute: z
    .int()
    .min(1)
    .max(600)
    .default(30)
    .meta({ description: 'More messages wait; none is lost for it' }),
};

const addressSchema = z
  .string()
  .min(3)
  .max(254)
  .regex(/^[^\s<>"(),:;[\]\\\p{Cc}@]+@[^\s<>"(),:;[\]\\\p{Cc}@]+$/u, 'expected name@host');

const headerNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/, 'expected the name of an HTTP header');

export const webhookShape = <Secret extends z.ZodType>(secret: Secret) => ({
  ...commonFields,
  kind: z.literal('webhook'),
  preset: presetSchema.default('json'),
  url: secret.meta({ description: 'http://… or https://…; a secret, since many contain a token' }),
  recipient: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .meta({ description: 'Telegram: the id of the chat' }),
  headers: z
    .array(z.strictObject({ name: headerNameSchema, value: secret }))
    .max(16)
    .default([])
    .meta({ description: 'Additional headers, e.g. Authorization' }),
  signingSecret: secret
    .optional()
    .meta({ description: 'Each request is then signed with HMAC-SHA256' }),
  picture: pictureModeSchema.optional().meta({ description: "Without it, the preset's" }),
  method: z.enum(['POST', 'PUT']).optional(),
  contentType: z
    .enum(['application/json', 'application/x-www-form-urlencoded', 'text/plain'])
    .optional()
    .meta({ description: 'Of the body that `body` describes; it decides how values are escaped' }),
  body: z
    .string()
    .min(1)
    .max(MAX_TEMPLATE_LENGTH)
    .optional()
    .meta({ description: "Template with {{placeholders}} in place of the preset's body" }),
});

export const emailShape = <Secret extends z.ZodType>(secret: Secret) => ({
  ...commonFields,
  kind: z.literal('email'),
  host: z
    .string()
    .regex(/^[A-Za-z0-9.:_-]{1,253}$/, 'expected the name or address of a mail server'),
  port: z.int().min(1).max(65_535).optional().meta({ description: '465 for tls, otherwise 587' }),
  security: z
    .enum(['starttls', 'tls', 'none'])
    .default('starttls')
    .meta({ description: '`none` sends everything readable, the password too' }),
  username: z.string().min(1).max(256).optional(),
  password: secret.optional(),
  from: addressSchema,
  to: z.array(addressSchema).min(1).max(20),
  picture: z.enum(['none', 'link', 'file']).default('file'),
});

export const mqttShape = {
  ...commonFields,
  kind: z.literal('mqtt'),
  connection: z
    .enum(['lan', 'relay'])
    .default('lan')
    .meta({ description: "Of the appliance: which broker. The relay has one, its sites'" }),
  picture: z.enum(['none', 'link']).default('link'),
};

const webhookSchemaOf = <Secret extends z.ZodType>(secret: Secret) =>
  z
    .strictObject(webhookShape(secret))
    .refine(({ preset, recipient }) => preset !== 'telegram' || Boolean(recipient), {
      path: ['recipient'],
      error: 'expected the id of a chat for Telegram',
    })
    .refine(({ preset, body }) => preset !== 'custom' || Boolean(body), {
      path: ['body'],
      error: 'expected a template for the preset custom',
    });

export const notificationWaySchemaOf = <Secret extends z.ZodType>(secret: Secret) =>
  z.discriminatedUnion('kind', [
    webhookSchemaOf(secret),
    z.strictObject(emailShape(secret)),
    z.strictObject(mqttShape),
  ]);

/** As the API takes it. */
export const givenWaySchema = notificationWaySchemaOf(givenSecretSchema);
export type GivenWay = z.infer<typeof givenWaySchema>;

/** As it is used: every secret is there. */
export const completeWaySchema = notificationWaySchemaOf(secretTextSchema);
export type NotificationWay = z.infer<typeof completeWaySchema>;
export type WebhookWay = Extract<NotificationWay, { kind: 'webhook' }>;
export type EmailWay = Extract<NotificationWay, { kind: 'email' }>;
export type MqttWay = Extract<NotificationWay, { kind: 'mqtt' }>;
