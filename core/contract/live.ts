import { z } from 'zod';
import { boxSchema, detectionConfidenceSchema } from './detection.js';
import { cameraStateNameSchema, healthSchema } from './live-payloads.js';
import { imageIdSchema, instantSchema, labelSchema, nameSchema } from './names.js';
import { sightingEventSchema, sightingIdSchema } from './sighting.js';
import { cameraResourceSchema } from './site.js';

/**
 * The stream `GET /live` of the console, as server-sent events: first `state` with everything, then `changes` with what
 * is new. After a lost connection, the browser connects again and gets `state` again. A comment is sent every 15 s.
 */

/** The newest analysed picture of a camera. */
export const livePictureSchema = z
  .object({
    id: imageIdSchema,
    takenAt: instantSchema,
    width: z.int().min(1).meta({ description: 'Pixels that the boxes refer to' }),
    height: z.int().min(1),
    detections: z
      .array(
        z.object({ label: labelSchema, confidence: detectionConfidenceSchema, box: boxSchema }),
      )
      .meta({ description: 'The strongest 100' }),
    omitted: z.int().min(0).meta({ description: 'How many detections are left out' }),
    stored: z.boolean().meta({ description: 'False if there was no disk space for the picture' }),
  })
  .meta({ id: 'LivePicture' });
export type LivePicture = z.infer<typeof livePictureSchema>;

/** An object that is at a camera now. */
export const livePresentSchema = z
  .object({
    sighting: sightingIdSchema,
    label: labelSchema,
    static: z.boolean(),
    startedAt: instantSchema,
    lastSeenAt: instantSchema,
    confidence: detectionConfidenceSchema.meta({ description: 'Of its best snapshot' }),
    box: boxSchema,
    zones: z.array(z.string()),
  })
  .meta({ id: 'LivePresent' });
export type LivePresent = z.infer<typeof livePresentSchema>;

const camera = cameraResourceSchema.shape;

export const liveCameraSchema = z
  .object({
    id: nameSchema,
    name: z.string().nullable(),
    kind: z.string(),
    state: cameraStateNameSchema,
    lastError: camera.lastError,
    circuit: camera.circuit,
    pictureAgeSeconds: camera.pictureAgeSeconds,
    nextRunAt: camera.nextRunAt,
    picture: livePictureSchema.nullable().meta({ description: 'null before the first one' }),
    present: z
      .array(livePresentSchema)
      .meta({ description: 'Objects that have appeared and not left' }),
  })
  .meta({ id: 'LiveCamera' });
export type LiveCamera = z.infer<typeof liveCameraSchema>;

/** The way to the relay, in short; `GET /sync` has all of it. */
export const liveRelaySchema = z
  .object({
    configured: z.boolean(),
    connected: z.boolean(),
    lastError: z.string().nullable(),
    depth: z.int().min(0).meta({ description: 'Summaries that are not acknowledged yet' }),
    oldestSeconds: z.number().nullable(),
    lastAcknowledgedAt: instantSchema.nullable(),
  })
  .meta({ id: 'LiveRelay' });
export type LiveRelay = z.infer<typeof liveRelaySchema>;

/** Data of the event `state`. */
export const liveStateSchema = z
  .object({
    at: instantSchema.meta({
      description: 'The clock of the appliance: ages of pictures are differences to it',
    }),
    site: nameSchema,
    cameras: z.array(liveCameraSchema).meta({ description: 'In the order of the configuration' }),
    relay: liveRelaySchema
      .nullable()
      .meta({ description: 'null for a token that is limited to some cameras' }),
    health: healthSchema
      .nullable()
      .meta({ description: 'null for a token that is limited to some cameras' }),
  })
  .meta({ id: 'LiveState' });
export type LiveState = z.infer<typeof liveStateSchema>;

/** Data of the event `changes`: each part is there if it changed. */
export const liveChangesSchema = z
  .object({
    at: instantSchema,
    cameras: z.array(liveCameraSchema).optional().meta({ description: 'Whole, new or changed' }),
    removed: z.array(nameSchema).optional().meta({ description: 'Cameras that are gone' }),
    order: z
      .array(nameSchema)
      .optional()
      .meta({ description: 'All cameras in their order, if these are other ones than before' }),
    sightings: z
      .array(sightingEventSchema)
      .optional()
      .meta({ description: 'Objects that appeared or left, oldest first' }),
    missed: z.int().min(1).optional().meta({
      description: 'Sightings that this client was too slow for: `GET /sightings` has them',
    }),
    relay: liveRelaySchema.optional(),
    health: healthSchema.optional(),
  })
  .meta({ id: 'LiveChanges' });
export type LiveChanges = z.infer<typeof liveChangesSchema>;
