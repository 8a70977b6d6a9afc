import { z } from 'zod';
import { mqttTextSchema } from '../core/contract/names.js';
import { secretSchema } from '../core/runtime/configuration.js';
import {
  brokerClientShape,
  detectionSettings,
  imageSettings,
  isGuarded,
  logSettings,
  sessionSettings,
  signOnSettings,
  topicRoot,
  unguarded,
} from '../core/runtime/settings.js';
import { brokerTlsShape, httpTlsShape, pinNeedsTls } from '../core/runtime/tls/tls-settings.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const MEGAPIXEL = 1_000_000;

/** What makes the public image API safe to expose. */
const demoSettings = z
  .strictObject({
    uploadsPerMinute: z.int().min(1).max(100_000).default(30),
    requestsPerMinute: z.int().min(1).max(1_000_000).default(300),
    uploadLifetimeMinutes: z.number().min(1).max(525_600).default(60),
    /** Over all passes of a search; by default a few seconds of a worker for the most costly image. */
    maxSearchMegapixels: z.number().min(1).max(1_000_000).default(100),
  })
  .prefault({})
  .transform(({ uploadLifetimeMinutes, maxSearchMegapixels, ...limits }) => ({
    ...limits,
    uploadLifetimeMs: uploadLifetimeMinutes * MINUTE_MS,
    maxSearchedPixels: maxSearchMegapixels * MEGAPIXEL,
  }));

/** The broker inside the relay. Anonymous clients beyond loopback need a second setting. */
const embeddedBrokerSettings = z
  .strictObject({
    host: z.string().min(1).default('127.0.0.1'),
    port: z.int().min(0).max(65_535).default(1883),
    auth: z.enum(['accounts', 'none']).default('accounts'),
    allowAnyoneOnTheNetwork: z.boolean().default(false),
    ...brokerTlsShape,
    /** Accounts that may subscribe to everything, for dashboards. */
    readers: z
      .array(z.strictObject({ username: mqttTextSchema.max(64), password: secretSchema }))
      .max(64)
      .default([]),
  })
  .refine(isGuarded, unguarded('accounts'));

/** A separate broker, e.g. Mosquitto 2; it must support MQTT 5. */
const externalBrokerSettings = z
  .strictObject({
    ...brokerClientShape,
    /** An administrator of Mosquitto's dynamic-security plugin: the relay then stores the sites' accounts there. */
    dynamicSecurity: z
      .strictObject({ username: mqttTextSchema, password: secretSchema })
      .optional(),
    /** Relays with the same group share the records among them. */
    shareGroup: z
      .string()
      .regex(/^[^/+#\s]{1,64}$/, 'expected 1 to 64 characters without "/", "+", "#" or spaces')
      .default('siteglass-relay'),
    /** Unprovisioned sites are accepted up to this total number of sites. */
    maxSites: z.int().min(1).max(10_000).default(1_000),
  })
  .refine(({ dynamicSecurity, username, password }) => !dynamicSecurity || (username && password), {
    path: ['dynamicSecurity'],
    error: 'needs the username and password of the relay itself as well',
  })
  .refine(pinNeedsTls.check, pinNeedsTls);

/** Without a bucket, files are stored in the data folder. */
const bucketSettings = z.strictObject({
  bucket: z.string().min(3).max(63),
  /** Levels above the keys, e.g. `siteglass`. */
  prefix: z
    .string()
    .regex(/^[a-z0-9][a-z0-9./-]*$/, 'expected a-z, 0-9, "/", "." and "-"')
    .optional(),
  region: z.string().min(1).default('us-east-1'),
  /** For a store other than Amazon's. */
  endpoint: z.url({ protocol: /^https?$/, error: 'expected http://… or https://…' }).optional(),
  /** Whether the bucket is part of the path, not of the host name. */
  pathStyle: z.boolean().default(false),
  accessKeyId: secretSchema,
  secretAccessKey: secretSchema,
});

const MEGABYTE = 1024 * 1024;

/** What one site may use of the relay's database. */
const siteBudgetSettings = z
  .strictObject({
    megabytesPerDay: z.number().min(1).max(10_000_000).default(8_192),
    megabytes: z.number().min(1).max(10_000_000).default(65_536),
    recordsPerDay: z.int().min(1).max(1_000_000_000).default(5_000_000),
    labels: z.int().min(1).max(100_000).default(2_000),
    cameras: z.int().min(1).max(100_000).default(1_024),
    epochsPerDay: z.int().min(1).max(10_000).default(100),
  })
  .prefault({})
  .transform(({ megabytesPerDay, megabytes, ...limits }) => ({
    ...limits,
    bytesPerDay: megabytesPerDay * MEGABYTE,
    bytes: megabytes * MEGABYTE,
  }));

/** The relay's configuration. docs/configuration.md explains each setting. */
export const relayConfigSchema = z.strictObject({
  dataFolder: z.string().min(1).default('var/relay'),
  log: logSettings,
  http: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1'),
      port: z.int().min(0).max(65_535).default(8090),
      /** Trust X-Forwarded-For: only behind your own proxy; otherwise clients can evade rate limits. */
      trustProxy: z.boolean().default(false),
      /** For several relays with one known token; otherwise the first start creates one. */
      adminToken: secretSchema.optional(),
      sessions: sessionSettings,
      signOn: signOnSettings,
      ...httpTlsShape,
    })
    .prefault({}),
  /** Without a URL here or in SITEGLASS_DATABASE_URL, the database is SQLite in the data folder. */
  database: z.strictObject({ url: secretSchema.optional() }).prefault({}),
  files: z.strictObject({ s3: bucketSettings.optional() }).prefault({}),
  retention: z
    .strictObject({ days: z.number().min(1).max(36_500).default(365) })
    .prefault({})
    .transform(({ days }) => ({ summariesMs: days * DAY_MS })),
  siteBudgets: siteBudgetSettings,
  detection: detectionSettings,
  images: imageSettings,
  demo: demoSettings,
  mqtt: z
    .union([
      z.strictObject({ root: topicRoot, embedded: embeddedBrokerSettings }),
      z.strictObject({ root: topicRoot, external: externalBrokerSettings }),
    ])
    .prefault({ embedded: {} }),
});
export type BucketSettings = z.infer<typeof bucketSettings>;
export type RelayConfig = z.infer<typeof relayConfigSchema>;
