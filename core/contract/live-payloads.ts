import { z } from 'zod';
import { imageIdSchema, instantSchema } from './names.js';

export const siteAvailabilitySchema = z.enum(['online', 'stopped', 'offline']);
export type SiteAvailability = z.infer<typeof siteAvailabilitySchema>;
export const cameraAvailabilitySchema = z.enum(['online', 'offline']);

export const cameraStateSchema = z
  .object({
    counts: z
      .record(z.string(), z.int().min(0))
      .meta({ description: 'Detections by label in the last analysed snapshot' }),
    snapshot: imageIdSchema,
    takenAt: instantSchema,
    present: z
      .record(z.string(), z.int().min(1))
      .meta({ description: 'Objects that are present, by label, without static ones' }),
    static: z.record(z.string(), z.int().min(1)).meta({ description: 'Static objects by label' }),
    occupied: z
      .boolean()
      .meta({ description: 'True if at least one object that is not static is present' }),
    zones: z.record(z.string(), z.record(z.string(), z.int().min(1))).meta({
      description:
        'The present objects in each zone of kind `include`, by the name of the zone and by label',
    }),
    url: z.string().nullable().meta({
      description: 'Address of the snapshot with boxes, for programs on the LAN; needs no token',
    }),
  })
  .meta({ id: 'CameraState' });
export type CameraStatePayload = z.infer<typeof cameraStateSchema>;

const count = z.int().min(0);

export const cameraStateNameSchema = z
  .enum(['starting', 'online', 'frozen', 'stale', 'offline', 'paused'])
  .meta({
    description:
      '`starting`: no picture was analysed yet; `frozen`: the camera sends the same picture again and again; `stale`: no new picture was analysed for too long; `offline`: three failures in a row',
  });

export const pictureAgeSchema = count.meta({
  description: 'Seconds without a new, analysed picture, while one was expected',
});

/** The state of a camera, a short form of the REST resource. The error holds no URL and no credentials. */
export const cameraReportSchema = z
  .object({
    state: cameraStateNameSchema,
    circuit: z.enum(['closed', 'open', 'half-open']).meta({
      description: '`open`: paused after failures; `half-open`: the next run is a probe',
    }),
    paused: z.boolean(),
    lastError: z.string().nullable(),
    lastSnapshotAt: instantSchema.nullable(),
    pictureAgeSeconds: pictureAgeSchema,
    consecutiveFailures: count,
    taken: count,
    unchanged: count.meta({ description: 'Snapshots that the motion gate skipped' }),
  })
  .meta({ id: 'CameraReport' });

export const healthSchema = z
  .object({
    version: z.string(),
    status: z.enum(['ok', 'degraded']),
    reasons: z.array(z.string()),
    uptimeSeconds: z.number(),
    outbox: z.object({ depth: z.int(), oldestSeconds: z.number().nullable() }),
    cameras: z.object({
      online: z.int(),
      total: z.int(),
      offline: z.array(z.string()).max(64).optional().meta({
        description: 'Ids of cameras that are offline; absent in reports of older versions',
      }),
    }),
    detectionsPerMinute: z.number(),
    disk: z.object({ usedBytes: z.int(), budgetBytes: z.int(), freeBytes: z.int() }),
    load1m: z.number(),
    lastSyncAt: instantSchema
      .nullable()
      .optional()
      .meta({ description: 'Time of the last acknowledgement from the relay' }),
    relayConnected: z.boolean().optional().meta({
      description: "Whether the relay's broker is connected; absent if none is configured",
    }),
    temperatureCelsius: z
      .number()
      .optional()
      .meta({ description: 'Temperature of the hottest sensor on the board, if it has any' }),
  })
  .meta({ id: 'Health' });
export type Health = z.infer<typeof healthSchema>;
