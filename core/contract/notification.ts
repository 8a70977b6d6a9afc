import { z } from 'zod';
import { confidenceSchema } from './detection.js';
import { instantSchema, labelSchema, nameSchema } from './names.js';
import { notificationAnswerSchema } from './notification-delivery.js';
import {
  EDGE_TRIGGERS,
  RELAY_TRIGGERS,
  SIGHTING_TRIGGERS,
  type Trigger,
  triggerSchema,
} from './notification-trigger.js';
import {
  displayNameSchema,
  emailShape,
  mqttShape,
  pictureModeSchema,
  presetSchema,
  secretMarkerSchema,
  webhookShape,
} from './notification-way.js';
import { timeWindowSchema } from './time-window.js';

/**
 * Routes, below /api/v1 of both programs. Roles: viewer to read, operator to send, retry and remove, admin to change.
 * - GET /notifications → notificationsSchema (viewer)
 * - POST /notifications/rules (body: a rule) → 201 ruleAnswerSchema; PUT, DELETE /notifications/rules/{rule} (admin)
 * - POST /notifications/ways (body: givenWaySchema) → 201 wayAnswerSchema; PUT, DELETE /notifications/ways/{way} (admin)
 * - POST /notifications/ways/{way}/test → testAnswerSchema (operator)
 * - GET /notifications/deliveries?state&way&rule&limit&after → deliveryPageSchema (viewer)
 * - POST /notifications/deliveries/{delivery}/retry → deliveryAnswerSchema; DELETE /notifications/deliveries/{delivery} (operator)
 * A PUT has the whole rule or way; its `id` is that of the path. DELETE answers `{"status":"OK"}`.
 */

export const MAX_RULES = 100;

const zoneNameSchema = z.string().min(1).max(64);

const ruleFields = {
  id: nameSchema,
  name: displayNameSchema.optional(),
  enabled: z.boolean().default(true),
  afterMinutes: z.number().min(0).max(10_080).optional().meta({
    description: 'How long a condition has to last; without it 5, of still_there and no_picture 10',
  }),
  threshold: z.number().min(1).max(1e9).optional().meta({
    description:
      'backlog: summaries (1000); log_in_refused: refusals within 10 minutes (5); disk: free megabytes',
  }),
  sites: z.array(nameSchema).max(1_000).default([]).meta({ description: 'Empty for all' }),
  cameras: z.array(nameSchema).max(256).default([]).meta({ description: 'Empty for all' }),
  labels: z.array(labelSchema).max(64).default([]).meta({ description: 'Empty for all' }),
  zones: z
    .array(zoneNameSchema)
    .max(64)
    .default([])
    .meta({ description: 'Names of zones to include; empty for the whole picture' }),
  minConfidence: confidenceSchema.optional(),
  windows: z
    .array(timeWindowSchema)
    .max(16)
    .default([])
    .meta({ description: 'In the local time of the machine; empty for always' }),
  cooldownMinutes: z.number().min(0).max(10_080).default(5).meta({
    description:
      'After a message no other of this rule about the same camera, site or condition; what happens meanwhile is counted in the next one',
  }),
  collectSeconds: z
    .number()
    .min(0)
    .max(3_600)
    .default(0)
    .meta({ description: 'What happens within this time becomes one message' }),
  recovery: z
    .boolean()
    .default(true)
    .meta({ description: 'Also send a message when a condition has ended' }),
  ways: z.array(nameSchema).min(1).max(16),
};

interface OfObjects {
  when: string;
  labels: unknown[];
  zones: unknown[];
  minConfidence?: number;
}

const namesObjects = ({ when, labels, zones, minConfidence }: OfObjects): boolean =>
  SIGHTING_TRIGGERS.some((trigger) => trigger === when) ||
  (labels.length === 0 && zones.length === 0 && minConfidence === undefined);

const ruleSchemaOf = <const T extends readonly Trigger[]>(triggers: T) =>
  z
    .strictObject({ ...ruleFields, when: z.enum(triggers) })
    .refine((rule) => namesObjects(rule as OfObjects), {
      path: ['when'],
      error: 'expected appeared, left or still_there for labels, zones or minConfidence',
    });

export const edgeRuleSchema = ruleSchemaOf(EDGE_TRIGGERS);
export const relayRuleSchema = ruleSchemaOf(RELAY_TRIGGERS);
export type NotificationRule = Omit<z.infer<typeof edgeRuleSchema>, 'when'> & { when: Trigger };
export type NotificationRuleSchema = z.ZodType<NotificationRule>;

const declaredFields = {
  declaredIn: z.enum(['api', 'file']),
  readOnly: z
    .string()
    .nullable()
    .meta({ description: 'Why it cannot be changed here; null if it can' }),
};

export const ruleResourceSchema = z
  .object({
    ...ruleFields,
    when: triggerSchema,
    ...declaredFields,
    lastMessageAt: instantSchema.nullable(),
    problem: z
      .string()
      .nullable()
      .meta({ description: 'What keeps it from working, e.g. a way that was removed' }),
  })
  .meta({ id: 'NotificationRule' });
export type RuleResource = z.infer<typeof ruleResourceSchema>;

const count = z.int().min(0);

const wayState = {
  ...declaredFields,
  problem: z.string().nullable().meta({
    description: 'What keeps it from working, e.g. a secret that a restored backup does not have',
  }),
  waiting: count.meta({ description: 'Messages that wait for this way' }),
  failures: count.meta({ description: 'Attempts in a row that failed' }),
  failingSince: instantSchema.nullable(),
  nextAttemptAt: instantSchema
    .nullable()
    .meta({ description: 'After a failure: until then nothing is sent this way' }),
  dropped: count.meta({ description: 'Messages that a bound or the age limit removed unsent' }),
  lastAnswer: notificationAnswerSchema.nullable(),
};

export const wayResourceSchema = z
  .discriminatedUnion('kind', [
    z.object({ ...webhookShape(secretMarkerSchema), ...wayState }),
    z.object({ ...emailShape(secretMarkerSchema), ...wayState }),
    z.object({ ...mqttShape, ...wayState }),
  ])
  .meta({ id: 'NotificationWay' });
export type WayResource = z.infer<typeof wayResourceSchema>;

export const presetResourceSchema = z
  .object({
    id: presetSchema,
    name: z.string(),
    urlHint: z.string().meta({ description: 'What an address looks like' }),
    hint: z.string().meta({ description: 'Where to get the address, in words' }),
    method: z.enum(['POST', 'PUT']),
    contentType: z.string(),
    body: z.string().meta({ description: 'The template that is used if none is given' }),
    picture: pictureModeSchema,
    pictures: z.array(pictureModeSchema).meta({ description: 'The modes that it can use' }),
    needsRecipient: z.boolean(),
  })
  .meta({ id: 'NotificationPreset' });
export type PresetResource = z.infer<typeof presetResourceSchema>;

const ok = { status: z.literal('OK') };

export const notificationsSchema = z.object({
  ...ok,
  rules: z.array(ruleResourceSchema),
  ways: z.array(wayResourceSchema),
  triggers: z.array(triggerSchema).meta({ description: 'What this program can notify of' }),
  presets: z.array(presetResourceSchema),
  placeholders: z.array(z.object({ name: z.string(), meaning: z.string() })),
  queue: z.object({
    waiting: count,
    maxWaiting: count,
    delivered: count.meta({ description: 'Since the database was created' }),
    failed: count.meta({ description: 'Failed attempts, since the database was created' }),
    dropped: count,
    missed: count.meta({ description: 'Sighting events that were removed before they were read' }),
  }),
});
export type NotificationsResource = z.infer<typeof notificationsSchema>;
export const ruleAnswerSchema = z.object({ ...ok, rule: ruleResourceSchema });
export const wayAnswerSchema = z.object({ ...ok, way: wayResourceSchema });
export const testAnswerSchema = z.object({
  ...ok,
  delivered: z.boolean(),
  answer: z
    .string()
    .meta({ description: 'What the receiver answered, or what is wrong, in words' }),
  advice: z.string().nullable(),
  withPicture: z.boolean(),
});
export type TestAnswer = z.infer<typeof testAnswerSchema>;
