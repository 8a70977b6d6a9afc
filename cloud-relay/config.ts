import { z } from 'zod';
import { mqttTextSchema } from '../core/contract/names.js';
import { relayRuleSchema } from '../core/contract/notification.js';
import { notificationSettings } from '../core/notifications/notification-settings.js';
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
import { fingerprintSchema } from '../core/runtime/tls/fingerprint.js';
import { brokerTlsShape, httpTlsShape, pinNeedsTls } from '../core/runtime/tls/tls-settings.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const MEGAPIXEL = 1_000_000;
const MEGABYTE = 1_000_000;

const times = (value: number | undefined, factor: number): number | undefined =>
  value === undefined ? undefined : value * factor;

/** What makes the public image API safe to expose. */
const demoSettings = z
  .strictObject({
    uploadsPerMinute: z.int().min(1).max(100_000).default(30),
    requestsPerMinute: z.int().min(1).max(1_000_000).default(300),
    /** Of one address, and of all; by default all that the workers have. */
    workerSecondsPerMinute: z.number().min(1).max(1_000_000).default(30),
    totalWorkerSecondsPerMinute: z.number().min(1).max(1_000_000).optional(),
    /** Within the lifetime of an upload, of one address and of all; without the second, the disk budget is the limit. */
    storedMegabytes: z.number().min(1).max(1e9).default(250),
    totalStoredMegabytes: z.number().min(1).max(1e9).optional(),
    uploadLifetimeMinutes: z.number().min(1).max(525_600).default(60),
    /** Over all passes of a search; by default a few seconds of a worker for the most costly image. */
    maxSearchMegapixels: z.number().min(1).max(1_000_000).default(100),
  })
  .prefault({})
  .transform((demo) => ({
    uploadsPerMinute: demo.uploadsPerMinute,
    requestsPerMinute: demo.requestsPerMinute,
    uploadLifetimeMs: demo.uploadLifetimeMinutes * MINUTE_MS,
    maxSearchedPixels: demo.maxSearchMegapixels * MEGAPIXEL,
    workerMsPerMinute: demo.workerSecondsPerMinute * SECOND_MS,
    totalWorkerMsPerMinute: times(demo.totalWorkerSecondsPerMinute, SECOND_MS),
    storedBytes: demo.storedMegabytes * MEGABYTE,
    totalStoredBytes: times(demo.totalStoredMegabytes, MEGABYTE),
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

/** How appliances reach this relay to enrol; the codes contain it. */
const enrolmentSettings = z
  .strictObject({
    url: z
      .url({ protocol: /^https$/, error: 'expected https://HOST or https://HOST:PORT' })
      .refine((url) => /^\/?$/.test(new URL(url).pathname), 'expected an address without a path'),
    /** The certificate that is seen there, as PEM, if it is not this relay's own: its fingerprint is in the codes. */
    certificateFile: z.string().min(1).optional(),
    fingerprint: fingerprintSchema.optional(),
    brokerUrl: brokerClientShape.url,
    brokerCaFile: z.string().min(1).optional(),
    brokerFingerprint: fingerprintSchema.optional(),
  })
  .refine(
    ({ certificateFile, fingerprint }) =>
      certificateFile === undefined || fingerprint === undefined,
    {
      path: ['certificateFile'],
      error: 'expected "certificateFile" or "fingerprint", not both',
    },
  );
export type EnrolmentSettings = z.infer<typeof enrolmentSettings>;
const MEBIBYTE = 1024 * 1024;

/** What one site may use of the relay's database. */
const siteBudgetSettings = z
  .strictObject({
    megabytesPerDay: z.number().min(1).max(10_000_000).default(8_192),
    megabytes: z.number().min(1).max(10_000_000).default(1_048_576),
    recordsPerDay: z.int().min(1).max(1_000_000_000).default(5_000_000),
    labels: z.int().min(1).max(100_000).default(2_000),
    cameras: z.int().min(1).max(100_000).default(1_024),
    epochsPerDay: z.int().min(1).max(10_000).default(100),
  })
  .prefault({})
  .transform(({ megabytesPerDay, megabytes, ...limits }) => ({
    ...limits,
    bytesPerDay: megabytesPerDay * MEBIBYTE,
    bytes: megabytes * MEBIBYTE,
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
  /** The address of the demo page for the public: links to it and its picture in previews begin with it. */
  publicUrl: z
    .url({ protocol: /^https?$/, error: 'expected http://… or https://…' })
    .refine((url) => /^\/?$/.test(new URL(url).pathname), 'expected an address without a path')
    .optional(),
  /** Without a URL here or in SITEGLASS_DATABASE_URL, the database is SQLite in the data folder. */
  database: z
    .strictObject({
      url: secretSchema.optional(),
      /** Of at least 32 random characters: the secrets of notification ways in PostgreSQL are encrypted with it. */
      secretKey: secretSchema.optional(),
    })
    .prefault({}),
  files: z.strictObject({ s3: bucketSettings.optional() }).prefault({}),
  retention: z
    .strictObject({ days: z.number().min(1).max(36_500).default(365) })
    .prefault({})
    .transform(({ days }) => ({ summariesMs: days * DAY_MS })),
  siteBudgets: siteBudgetSettings,
  detection: detectionSettings,
  images: imageSettings,
  demo: demoSettings,
  enrolment: enrolmentSettings.optional(),
  /** What the file declares; the API manages others. */
  notifications: notificationSettings(relayRuleSchema, false),
  mqtt: z
    .union([
      z.strictObject({ root: topicRoot, embedded: embeddedBrokerSettings }),
      z.strictObject({ root: topicRoot, external: externalBrokerSettings }),
    ])
    .prefault({ embedded: {} }),
});
export type BucketSettings = z.infer<typeof bucketSettings>;
export type RelayConfig = z.infer<typeof relayConfigSchema>;
