import { z } from 'zod';
import { declaredInSchema } from './camera-management.js';
import { detectionSchema } from './detection.js';
import {
  cameraStateNameSchema,
  healthSchema,
  pictureAgeSchema,
  siteAvailabilitySchema,
} from './live-payloads.js';
import { imageIdSchema, instantSchema, nameSchema } from './names.js';
import { summarySchema } from './summary.js';

/** The API resources of sites and cameras. */

const count = z.int().min(0);
const moment = instantSchema.nullable();

export const cameraResourceSchema = z
  .object({
    id: nameSchema,
    name: z.string().nullable(),
    kind: z.string(),
    declaredIn: declaredInSchema,
    state: cameraStateNameSchema,
    lastAttemptAt: moment,
    lastSnapshotAt: moment.meta({ description: 'When the last analysed snapshot was taken' }),
    pictureAgeSeconds: pictureAgeSchema,
    nextRunAt: moment,
    lastError: z.string().nullable().meta({
      description:
        'Why the last attempt failed, or why the camera is frozen or stale. Why an image was refused stays until another one is analysed.',
    }),
    consecutiveFailures: count,
    circuit: z
      .enum(['closed', 'open', 'half-open'])
      .meta({ description: 'open: paused after failures; half-open: the next run is a probe' }),
    taken: count.meta({ description: 'Snapshots analysed since the start of the program' }),
    unchanged: count.meta({
      description: 'Snapshots that the motion gate skipped since the start: searches saved',
    }),
    failed: count,
    damaged: count.meta({
      description: 'Snapshots of which a part was missing or made up, refused or not',
    }),
    shed: count.meta({ description: 'Snapshots dropped because the queue or the store was full' }),
    outsideWindows: count.meta({ description: 'Runs skipped because no time window was open' }),
    skippedOverlap: count.meta({
      description: 'Runs skipped because the previous run had not ended',
    }),
    backlog: z
      .object({
        waiting: count.meta({ description: 'Files that wait for a later run' }),
        skipped: count.meta({ description: 'Files that are not taken' }),
        reasons: z.record(z.string(), count).meta({
          description: 'Number of the skipped files by reason, e.g. otherExtension',
        }),
      })
      .nullable()
      .meta({ description: 'What is in a folder and was not taken; null for other kinds' }),
  })
  .meta({ id: 'Camera' });
export type CameraResource = z.infer<typeof cameraResourceSchema>;

export const recentDetectionSchema = detectionSchema
  .extend({ image: imageIdSchema, camera: nameSchema.nullable(), takenAt: instantSchema })
  .meta({ id: 'RecentDetection' });

export const syncSchema = z
  .object({
    configured: z.boolean().meta({ description: 'True if a broker for the relay is configured' }),
    connected: z.boolean(),
    since: moment.meta({
      description: 'Since when the broker is connected, or is not; null without a broker',
    }),
    lastAcknowledgedAt: moment.meta({
      description: 'When the relay last answered, to the minute; null if it never has',
    }),
    lastError: z.string().nullable().meta({
      description:
        'What is wrong with the relay or, if the broker is not connected, with the connection',
    }),
    epoch: z.string(),
    lastSeq: count.meta({ description: 'The number of the newest summary' }),
    acknowledgedSeq: count.meta({
      description: 'The relay has committed every summary up to this number',
    }),
    depth: count.meta({ description: 'Number of summaries that are not acknowledged yet' }),
    oldestSeconds: z.number().nullable(),
    inFlight: count,
    bytes: count.meta({ description: 'Size of the summaries that are not acknowledged' }),
    maxBytes: z.number().meta({ description: 'Above this size, the oldest summaries are evicted' }),
    evicted: count.meta({ description: 'Total number of summaries that the outbox has evicted' }),
    refused: count.meta({
      description:
        'Total number of summaries that the relay or the broker refused and that were set aside; `siteglass-edge outbox --refused` shows them',
    }),
    forgotten: count.meta({
      description:
        'Total number of acknowledged summaries that a relay lost and that were not kept here any more',
    }),
    kept: count.meta({
      description:
        'Number of acknowledged summaries that are kept, to send them again to a relay that was restored from a backup',
    }),
    hours: z
      .array(z.object({ began: instantSchema, added: count, acknowledged: count, evicted: count }))
      .meta({ description: 'The last 48 hours with activity, newest first' }),
  })
  .meta({ id: 'Sync' });
export type SyncResource = z.infer<typeof syncSchema>;

export const siteStatusSchema = z
  .object({
    site: nameSchema,
    version: z.string(),
    status: z.enum(['ok', 'degraded']),
    reasons: z.array(z.string()),
    uptimeSeconds: z.number(),
    cameras: z.object({ online: count, total: count, offline: z.array(z.string()).optional() }),
    detection: z.object({
      state: z.string(),
      workers: count,
      ready: count,
      busy: count,
      queued: count,
      restarts: count,
    }),
    disk: z.object({ usedBytes: z.number(), budgetBytes: z.number(), freeBytes: z.number() }),
    outboxDepth: count,
    lastSyncAt: moment.optional().meta({
      description: 'Time of the last acknowledgement from the relay, to the minute',
    }),
    relayConnected: z.boolean().optional().meta({
      description: "Whether the relay's broker is connected; absent if none is configured",
    }),
    temperatureCelsius: z.number().optional(),
  })
  .meta({ id: 'SiteStatus' });
export type SiteStatusResource = z.infer<typeof siteStatusSchema>;

export const siteSchema = z
  .object({
    id: nameSchema,
    createdAt: instantSchema,
    availability: siteAvailabilitySchema.nullable(),
    stale: z.boolean().meta({ description: 'True if the health report of the site is overdue' }),
    lastSeenAt: moment,
    provisioned: z.boolean().meta({ description: 'True if the site has an account at the broker' }),
    summaries: count,
    detections: count,
    lastReceivedAt: moment,
    overBudget: z.string().nullable().meta({
      description: 'What the site sent beyond its budget within the last hour; null if nothing',
    }),
    health: healthSchema.nullable(),
  })
  .meta({ id: 'Site' });
export type SiteResource = z.infer<typeof siteSchema>;

export const receivedSummarySchema = summarySchema
  .extend({ receivedAt: instantSchema })
  .meta({ id: 'ReceivedSummary' });
export type ReceivedSummary = z.infer<typeof receivedSummarySchema>;

export const totalsSchema = z
  .object({ sites: count, online: count, summaries: count, detections: count })
  .meta({ id: 'Totals' });
export type FleetTotalsResource = z.infer<typeof totalsSchema>;

export const dailyTotalSchema = z
  .object({
    day: z.iso.date().meta({ description: 'In UTC' }),
    label: z.string(),
    summaries: count.meta({ description: 'Number of snapshots that show the label' }),
    detections: count,
  })
  .meta({ id: 'DailyTotal' });
export type DailyTotalResource = z.infer<typeof dailyTotalSchema>;
