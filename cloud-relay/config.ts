import { z } from 'zod';
import { secretSchema } from '../core/runtime/configuration.js';
import {
  brokerClientShape,
  detectionSettings,
  imageSettings,
  isLoopback,
  logSettings,
  topicRoot,
} from '../core/runtime/settings.js';

const MINUTE_MS = 60_000;

/** What makes the public image API safe to expose. */
const demoSettings = z
  .strictObject({
    uploadsPerMinute: z.int().min(1).max(100_000).default(30),
    requestsPerMinute: z.int().min(1).max(1_000_000).default(300),
    uploadLifetimeMinutes: z.number().min(1).max(525_600).default(60),
  })
  .prefault({})
  .transform(({ uploadLifetimeMinutes, ...limits }) => ({
    ...limits,
    uploadLifetimeMs: uploadLifetimeMinutes * MINUTE_MS,
  }));

/** The broker inside the relay. Anonymous clients beyond loopback have to be asked for twice. */
const embeddedBrokerSettings = z
  .strictObject({
    host: z.string().min(1).default('127.0.0.1'),
    port: z.int().min(0).max(65_535).default(1883),
    auth: z.enum(['accounts', 'none']).default('accounts'),
    allowAnyoneOnTheNetwork: z.boolean().default(false),
    /** Accounts that may subscribe to everything, for dashboards. */
    readers: z
      .array(z.strictObject({ username: z.string().min(1).max(64), password: secretSchema }))
      .max(64)
      .default([]),
  })
  .refine(
    ({ host, auth, allowAnyoneOnTheNetwork }) =>
      auth !== 'none' || isLoopback(host) || allowAnyoneOnTheNetwork,
    {
      path: ['auth'],
      error:
        'without accounts only a loopback address may be served; to open it to the network all the same, say "allowAnyoneOnTheNetwork: true" as well',
    },
  );

/** The relay's configuration. docs/configuration.md explains each setting. */
export const relayConfigSchema = z.strictObject({
  dataFolder: z.string().min(1).default('var/relay'),
  log: logSettings,
  http: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1'),
      port: z.int().min(0).max(65_535).default(8090),
      /** Believe X-Forwarded-For: only behind a proxy of one's own, or rate limits can be talked away. */
      trustProxy: z.boolean().default(false),
    })
    .prefault({}),
  detection: detectionSettings,
  images: imageSettings,
  demo: demoSettings,
  mqtt: z
    .union([
      z.strictObject({ root: topicRoot, embedded: embeddedBrokerSettings }),
      z.strictObject({ root: topicRoot, external: z.strictObject(brokerClientShape) }),
    ])
    .prefault({ embedded: {} }),
});
export type RelayConfig = z.infer<typeof relayConfigSchema>;
