import { z } from 'zod';
import { instantSchema, nameSchema } from './names.js';

/**
 * Routes, below /api/v1 of the appliance:
 * - GET /system → systemSchema (viewer)
 * - GET /system/findings → findingsSchema (admin): the checks of the doctor, against the running service
 * - GET /system/log?level&component&text&after&limit → logPageSchema (admin)
 * - POST /system/restart → 202 restartSchema (admin)
 */

const ok = { status: z.literal('OK') };
const count = z.int().min(0);
const bytes = z.number().min(0);

export const certificateFactsSchema = z
  .object({
    kind: z
      .enum(['own', 'given', 'acme'])
      .meta({ description: 'Made by the program, given as files, or from an ACME authority' }),
    fingerprint: z.string().meta({ description: 'SHA-256, as browsers show it' }),
    authorityFingerprint: z
      .string()
      .nullable()
      .meta({ description: "Of the program's own authority, which stays at a renewal" }),
    subject: z.string(),
    names: z.string(),
    validFrom: instantSchema,
    validTo: instantSchema,
  })
  .meta({ id: 'CertificateFacts' });
export type CertificateFactsResource = z.infer<typeof certificateFactsSchema>;

export const systemSchema = z
  .object({
    ...ok,
    site: nameSchema,
    version: z.string(),
    node: z.string(),
    startedAt: instantSchema.meta({ description: 'Of the services, which may restart' }),
    uptimeSeconds: z.number(),
    machine: z.object({
      name: z.string(),
      system: z.string(),
      architecture: z.string(),
      uptimeSeconds: z.number(),
      cores: count,
      load: z.object({ minute: z.number(), fiveMinutes: z.number(), quarter: z.number() }),
      memory: z.object({ totalBytes: bytes, availableBytes: bytes }),
      temperatureCelsius: z
        .number()
        .nullable()
        .meta({ description: 'Of the hottest sensor; null without one' }),
    }),
    process: z.object({
      id: count,
      memoryBytes: bytes.meta({ description: 'Resident; the workers are counted apart' }),
      workersMemoryBytes: bytes,
      cpuShare: z
        .number()
        .nullable()
        .meta({ description: 'Of one core, since the last request; the workers are not in it' }),
    }),
    disk: z.object({
      usedBytes: bytes.meta({ description: 'Of stored images' }),
      budgetBytes: bytes,
      freeBytes: bytes,
      databaseBytes: bytes,
    }),
    detection: z.object({
      state: z.enum(['ok', 'degraded', 'unavailable']),
      workers: count,
      ready: count,
      busy: count,
      queued: count,
      restarts: count,
      engines: z.array(z.string()),
      detectors: z.object({ ready: count, refused: count, available: count }),
    }),
    certificates: z.array(certificateFactsSchema),
    access: z.object({
      mode: z.enum(['token', 'none']).meta({ description: 'none: whoever reaches it may do all' }),
      address: z.string().meta({ description: 'Where the API listens' }),
      https: z.boolean(),
      plainText: z.boolean().meta({ description: 'Whether other machines may use plain HTTP' }),
      signOn: z.boolean().meta({ description: 'Whether a proxy logs people in' }),
    }),
    configurationFile: z.string().nullable(),
    reasons: z.array(z.string()).meta({ description: 'Why the appliance is degraded' }),
  })
  .meta({ id: 'System' });
export type SystemResource = z.infer<typeof systemSchema>;

export const findingSchema = z
  .object({
    about: z.string(),
    state: z.enum(['ok', 'warning', 'failure']),
    text: z.string(),
    advice: z.string().nullable().meta({ description: 'What to do' }),
  })
  .meta({ id: 'Finding' });
export type FindingResource = z.infer<typeof findingSchema>;

export const findingsSchema = z.object({
  ...ok,
  at: instantSchema,
  tookMs: count,
  worst: findingSchema.shape.state,
  findings: z.array(findingSchema),
});
export type FindingsResource = z.infer<typeof findingsSchema>;

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'fatal'] as const;
export const logLevelSchema = z.enum(LOG_LEVELS);

export const logLineSchema = z
  .object({
    seq: count.meta({ description: 'Rises by one with each line, also over a restart' }),
    at: instantSchema,
    level: logLevelSchema,
    component: z.string().nullable(),
    text: z.string(),
    fields: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'LogLine' });
export type LogLineResource = z.infer<typeof logLineSchema>;

export const logQuerySchema = z.strictObject({
  level: logLevelSchema.default('debug').meta({ description: 'The least level', example: 'warn' }),
  component: z.string().min(1).max(64).optional().meta({ example: 'uplink' }),
  text: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .meta({ description: 'Only lines that contain it, in any case', example: 'camera' }),
  after: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .meta({ description: 'Only lines after the one with this `seq`' }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(200)
    .meta({ description: 'The newest ones' }),
});
export type LogQuery = z.infer<typeof logQuerySchema>;

export const logPageSchema = z.object({
  ...ok,
  lines: z.array(logLineSchema).meta({ description: 'The oldest first' }),
  components: z.array(z.string()).meta({ description: 'Of all lines that are kept' }),
  lastSeq: count,
  kept: count,
  forgotten: count.meta({ description: 'Older lines, which are in the journal of the machine' }),
});
export type LogPage = z.infer<typeof logPageSchema>;

export const restartSchema = z.object({
  ...ok,
  readyInSeconds: count.meta({ description: 'An estimate' }),
});
export type RestartAnswer = z.infer<typeof restartSchema>;
