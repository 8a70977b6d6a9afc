import { z } from 'zod';
import {
  confidenceSchema,
  labelsSchema,
  orientationSchema,
  preparationSchema,
  searchParametersSchema,
} from './detection.js';
import { damagedSchema } from './image.js';
import { nameSchema } from './names.js';
import { zoneSchema } from './zone.js';

/**
 * The settings of a camera as the API takes and returns them: those of `cameras` in the configuration file, with every
 * secret replaced. What is left out has its default. docs/configuration.md explains each setting.
 */

/** Stands for a secret: it is set, and never returned. Sent back, it keeps the secret that the camera has. */
export const keptSecretSchema = z.strictObject({ set: z.literal(true) }).meta({
  id: 'KeptSecret',
  description:
    'Stands for a secret that is set; secrets are never returned. Send it back to keep the secret',
});
export type KeptSecret = z.infer<typeof keptSecretSchema>;

export const secretTextSchema = z.union([z.string().min(1).max(1_024), keptSecretSchema]);

const DAY_NAMES = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

const windowSchema = z.strictObject({
  days: z.array(z.enum(DAY_NAMES)).optional(),
  from: z.string().meta({ examples: ['07:00'] }),
  to: z.string().meta({ examples: ['19:30'] }),
});

const trackingSchema = z.strictObject({
  appearAfter: z.int(),
  within: z.int(),
  leaveAfter: z.int(),
  overlap: z.number(),
  staticAfterSeconds: z.number(),
});

const motionSchema = z.strictObject({
  enabled: z.boolean(),
  searchEvery: z.int().meta({ description: 'At least one of this many snapshots is searched' }),
  threshold: z
    .number()
    .meta({ description: 'Minimum change of a part of the image, in grey levels of 255' }),
});

const parametersSchema = z
  .strictObject({ ...searchParametersSchema.shape, ...preparationSchema.shape })
  .partial();

const authShape = { username: z.string(), password: secretTextSchema };

/** Of every kind of camera. */
const commonShape = {
  id: nameSchema,
  name: z.string().optional(),
  schedule: z
    .string()
    .optional()
    .meta({ description: 'Cron with seconds first', examples: ['*/10 * * * * *'] }),
  windows: z
    .array(windowSchema)
    .optional()
    .meta({ description: 'When the schedule applies, in local time; always if empty' }),
  jitterSeconds: z.number().optional(),
  timeoutSeconds: z.number().optional(),
  maxPictureAgeSeconds: z.number().optional(),
  maxBytes: z.int().optional(),
  detectors: z
    .array(nameSchema)
    .optional()
    .meta({ description: 'The default detectors if absent', examples: [['frontal-face']] }),
  parameters: parametersSchema.optional(),
  labels: labelsSchema.optional(),
  minConfidence: confidenceSchema.optional(),
  orientation: orientationSchema.optional(),
  zones: z.array(zoneSchema).optional(),
  maxAgeDays: z.number().optional(),
  damaged: damagedSchema.optional(),
  enabled: z.boolean().optional(),
  sightings: trackingSchema.partial().optional(),
  motion: motionSchema.partial().optional(),
};

const httpShape = {
  url: z.string().meta({ examples: ['http://192.168.1.64/ISAPI/Streaming/channels/101/picture'] }),
  auth: z
    .strictObject({ ...authShape, scheme: z.enum(['auto', 'basic', 'digest']).optional() })
    .optional(),
  fingerprint: z.string().optional(),
  oldTls: z.boolean().optional(),
};

export const cameraSettingsSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      ...commonShape,
      ...httpShape,
      kind: z.literal('http'),
      retries: z.int().optional(),
    }),
    z.strictObject({ ...commonShape, ...httpShape, kind: z.literal('mjpeg') }),
    z.strictObject({
      ...commonShape,
      kind: z.literal('rtsp'),
      url: z.string().meta({ examples: ['rtsp://192.168.1.64:554/Streaming/Channels/101'] }),
      auth: z.strictObject(authShape).optional(),
      holdOpenSeconds: z.number().optional(),
    }),
    z.strictObject({
      ...commonShape,
      kind: z.literal('device'),
      path: z.string().meta({ examples: ['/dev/video0'] }),
      holdOpenSeconds: z.number().optional(),
    }),
    z.strictObject({
      ...commonShape,
      kind: z.literal('video'),
      path: z.string(),
      stepSeconds: z.number().optional(),
      loop: z.boolean().optional(),
    }),
    z.strictObject({
      ...commonShape,
      kind: z.literal('folder'),
      path: z.string(),
      loop: z.boolean().optional(),
      recursive: z.boolean().optional(),
      afterwards: z.enum(['keep', 'delete']).optional(),
    }),
    z.strictObject({
      ...commonShape,
      kind: z.literal('push'),
      pushSecret: secretTextSchema.optional(),
      maxPerMinute: z.int().optional(),
      silentAfterSeconds: z.number().optional(),
    }),
  ])
  .meta({
    id: 'CameraSettings',
    examples: [
      {
        id: 'gate',
        name: 'Gate',
        kind: 'http',
        url: 'http://192.168.1.64/ISAPI/Streaming/channels/101/picture',
        auth: { username: 'viewer', password: 'a password' },
        schedule: '*/10 * * * * *',
        detectors: ['yolox-nano'],
        labels: ['person', 'car'],
        minConfidence: 0.5,
      },
    ],
  });
export type CameraSettings = z.infer<typeof cameraSettingsSchema>;
export type CameraKind = CameraSettings['kind'];
