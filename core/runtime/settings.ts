import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { roleSchema } from '../contract/access.js';
import { MAX_DETECTORS, preparationSchema } from '../contract/detection.js';
import { mqttTextSchema, nameSchema } from '../contract/names.js';
import { secretSchema } from './configuration.js';
import { httpTlsShape, pinShape } from './tls/tls-settings.js';

/** Settings that the appliance and the relay share. Every number has its unit in its name. */

const MEGABYTE = 1_000_000;

export const logSettings = z
  .strictObject({ level: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']) })
  .partial()
  .prefault({})
  .transform(({ level = 'info' }) => ({ level }));

const port = z.int().min(0).max(65_535);

const LOOPBACK = /^(localhost|::1|127(\.\d{1,3}){3})$/;

interface Access {
  host: string;
  auth: string;
  allowAnyoneOnTheNetwork: boolean;
}

/** A server without authentication may listen on loopback only, unless the operator confirms with a second setting. */
export const isGuarded = ({ host, auth, allowAnyoneOnTheNetwork }: Access): boolean =>
  auth !== 'none' || LOOPBACK.test(host) || allowAnyoneOnTheNetwork;

/** The error of `refine` for a server that is not guarded; `without` is what is missing. */
export const unguarded = (without: string) => ({
  path: ['auth'],
  error: `without ${without} only a loopback address is allowed; to serve the network without ${without}, set "allowAnyoneOnTheNetwork: true"`,
});

/** How long people stay logged in. */
export const sessionSettings = z
  .strictObject({
    idleHours: z.number().min(0.1).max(8_760).default(12),
    maxDays: z.number().min(0.1).max(366).default(30),
  })
  .prefault({})
  .transform(({ idleHours, maxDays }) => ({
    idleMs: idleHours * 3_600_000,
    absoluteMs: maxDays * 86_400_000,
  }));

const proxyAddress = z.string().refine((text) => {
  const [address = '', bits, ...more] = text.split('/');
  const length = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  return length > 0 && more.length === 0 && (bits === undefined || isPrefix(bits, length));
}, 'expected an address, e.g. 192.0.2.1, or a network, e.g. 192.0.2.0/24');

const isPrefix = (bits: string, length: number): boolean =>
  /^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= length;

const headerName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'expected the name of a header');

/** Single sign-on by a proxy, which says in headers who the caller is. */
export const signOnSettings = z
  .strictObject({
    /** Headers from any other address are ignored. */
    proxies: z.array(proxyAddress).min(1).max(64),
    userHeader: headerName.default('Remote-User'),
    groupsHeader: headerName.default('Remote-Groups'),
    /** The role that a group gives; the highest one counts. */
    roles: z.record(z.string().min(1).max(128), roleSchema).default({}),
    /** The role without such a group; without it the caller is refused. */
    defaultRole: roleSchema.optional(),
  })
  .optional();
export type SignOnSettings = NonNullable<z.infer<typeof signOnSettings>>;

/** A server's address and who may use it. */
export const serverSettings = (defaultPort: number) =>
  z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1'),
      port: port.default(defaultPort),
      auth: z.enum(['token', 'none']).default('token'),
      allowAnyoneOnTheNetwork: z.boolean().default(false),
      sessions: sessionSettings,
      signOn: signOnSettings,
      ...httpTlsShape,
    })
    .refine(isGuarded, unguarded('authentication'))
    .prefault({});

export const detectionSettings = z
  .strictObject({
    /** 0 means one for each core. */
    workers: z
      .int()
      .min(0)
      .max(64)
      .default(0)
      .transform((n) => n || availableParallelism()),
    deadlineSeconds: z.number().min(0.1).max(120).default(10),
    maxQueued: z.int().min(1).max(10_000).default(64),
    maxQueuedMegabytes: z.number().min(1).max(4_096).default(64),
    /** `opencv` disables the project's own engine. */
    engine: z.enum(['auto', 'opencv']).default('auto'),
    defaultDetectors: z.array(nameSchema).min(1).max(MAX_DETECTORS).default(['stop-sign']),
    /** Cascades and models in this folder become detectors. */
    folder: z.string().min(1).optional(),
    /** Models that are downloaded at the start if they are not there. */
    models: z.array(nameSchema).max(16).default([]),
    /** Where models are downloaded from instead of their own addresses: the name of the file is appended. */
    modelMirror: z
      .url({ protocol: /^https?$/, error: 'expected http://… or https://…' })
      .optional(),
    workingSize: preparationSchema.shape.workingSize.optional(),
  })
  .prefault({});

export const imageSettings = z
  .strictObject({
    maxUploadMegabytes: z.number().min(0.1).max(100).default(20),
    maxUploadsUnderWayMegabytes: z.number().min(1).max(4_096).default(128),
    maxMegapixels: z.number().min(0.1).max(200).default(50),
    maxStoredGigabytes: z.number().min(0.01).max(100_000).default(10),
    minFreeMegabytes: z.number().min(0).max(1_000_000).default(256),
  })
  .prefault({})
  .transform((s) => ({
    maxUploadBytes: s.maxUploadMegabytes * MEGABYTE,
    maxBytesUnderWay: s.maxUploadsUnderWayMegabytes * MEGABYTE,
    maxPixels: s.maxMegapixels * 1_000_000,
    maxStoredBytes: s.maxStoredGigabytes * 1_000 * MEGABYTE,
    minFreeBytes: s.minFreeMegabytes * MEGABYTE,
  }));

/** How to reach an MQTT broker. */
export const brokerClientShape = {
  url: z.url({ protocol: /^mqtts?$/, error: 'expected mqtt://HOST:PORT or mqtts://HOST:PORT' }),
  username: mqttTextSchema.optional(),
  password: secretSchema.optional(),
  caFile: z.string().min(1).optional(),
  ...pinShape,
};

export const topicRoot = z
  .string()
  .regex(
    /^[^/+#\s\p{Cc}\p{Cs}]+(\/[^/+#\s\p{Cc}\p{Cs}]+)*$/u,
    'expected topic levels without "+", "#", spaces or control characters',
  )
  .default('siteglass');
