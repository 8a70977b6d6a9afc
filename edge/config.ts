import { z } from 'zod';
import { nameSchema } from '../core/contract/names.js';
import { edgeRuleSchema } from '../core/contract/notification.js';
import { notificationSettings } from '../core/notifications/notification-settings.js';
import {
  brokerClientShape,
  detectionSettings,
  imageSettings,
  logSettings,
  serverSettings,
  topicRoot,
} from '../core/runtime/settings.js';
import { pinNeedsTls } from '../core/runtime/tls/tls-settings.js';
import { camerasSchema } from './cameras/camera-config.js';
import { discoverySettings } from './onvif/discovery-settings.js';
import { brokerProfileShape, lanSchema } from './publishing/lan-settings.js';
import { motionSchema, trackingSchema } from './sightings/sighting-settings.js';

const outboxSettings = z
  .strictObject({
    maxMegabytes: z.number().min(1).max(1_000_000).default(1_074),
    maxAgeDays: z.number().positive().max(3_650).default(30),
    window: z.int().min(1).max(4_096).default(256),
    newFirstAbove: z.int().min(1).max(1_000_000).default(1_000),
    /** 0 sets no limit. */
    backlogPerSecond: z.int().min(0).max(1_000_000).default(5_000),
    historicalAfterSeconds: z.number().min(1).max(86_400).default(300),
    /** Running time for which acknowledged summaries are kept; 0 keeps none. */
    keepAcknowledgedHours: z.number().min(0).max(720).default(24),
    relaySilentSeconds: z.number().min(5).max(86_400).default(60),
  })
  .prefault({})
  .transform((s) => ({
    maxBytes: s.maxMegabytes * 1_000_000,
    maxAgeMs: s.maxAgeDays * 86_400_000,
    window: s.window,
    backlogThreshold: s.newFirstAbove,
    backlogPerSecond: s.backlogPerSecond || Number.POSITIVE_INFINITY,
    historicalAfterMs: s.historicalAfterSeconds * 1_000,
    keptMs: s.keepAcknowledgedHours * 3_600_000,
    silentMs: s.relaySilentSeconds * 1_000,
  }));

const age = z.number().positive().max(3_650);

/** The appliance's configuration. docs/configuration.md explains each setting. */
export const edgeConfigSchema = z.strictObject({
  site: nameSchema.default('site'),
  dataFolder: z.string().min(1).default('var/edge'),
  log: logSettings,
  http: serverSettings(8080),
  /** Where an appliance listens that has no `http.host` and was not set up yet. */
  setup: z.strictObject({ host: z.string().min(1).optional() }).prefault({}),
  detection: detectionSettings,
  images: imageSettings,
  retention: z
    .strictObject({
      maxAgeDays: age.default(30),
      processedMaxAgeDays: age.default(7),
      sightingsMaxAgeDays: age.default(365),
    })
    .prefault({}),
  mqtt: z
    .strictObject({
      ...brokerClientShape,
      root: topicRoot,
      /** What settles a summary: the relay's acknowledgement, or the broker's where there is no relay. */
      settleOn: z.enum(['relay', 'broker']).default('relay'),
      ...brokerProfileShape,
      /** Off, since this broker is the relay's; switch it on where Home Assistant listens there. */
      homeAssistant: brokerProfileShape.homeAssistant.default(false),
    })
    .refine(pinNeedsTls.check, pinNeedsTls)
    .optional(),
  lan: lanSchema.optional(),
  /** How programs on the LAN reach the API; taken from the network cards where it is left out. */
  publicUrl: z.url({ protocol: /^https?$/ }).optional(),
  sightings: trackingSchema.prefault({}),
  /** For cameras that have none of their own; without it every snapshot is searched. */
  motion: motionSchema.optional(),
  outbox: outboxSettings,
  /** What the file declares; the API manages others. */
  notifications: notificationSettings(edgeRuleSchema, true),
  cameras: camerasSchema.default([]),
  /** For `siteglass-edge discover`. */
  discovery: discoverySettings,
});
export type EdgeConfig = z.infer<typeof edgeConfigSchema>;
