import { z } from 'zod';
import { nameSchema } from '../core/contract/names.js';
import {
  brokerClientShape,
  detectionSettings,
  imageSettings,
  logSettings,
  serverSettings,
  topicRoot,
} from '../core/runtime/settings.js';
import { camerasSchema } from './cameras/camera-config.js';

/** The appliance's configuration. docs/configuration.md explains each setting. */
export const edgeConfigSchema = z.strictObject({
  site: nameSchema.default('site'),
  dataFolder: z.string().min(1).default('var/edge'),
  log: logSettings,
  http: serverSettings(8080),
  detection: detectionSettings,
  images: imageSettings,
  retention: z
    .strictObject({ maxAgeDays: z.number().positive().max(3_650).default(30) })
    .prefault({}),
  mqtt: z
    .strictObject({
      ...brokerClientShape,
      root: topicRoot,
      /** What settles a summary: the relay's acknowledgement, or the broker's where there is no relay. */
      settleOn: z.enum(['relay', 'broker']).default('relay'),
    })
    .optional(),
  cameras: camerasSchema.default([]),
});
export type EdgeConfig = z.infer<typeof edgeConfigSchema>;
