import { z } from 'zod';
import { boxSchema, detectionConfidenceSchema } from './detection.js';
import { imageIdSchema, instantSchema, labelSchema, nameSchema } from './names.js';

/** `static`: the object is still present, but has not moved for `staticAfterSeconds`. */
export const sightingStateSchema = z.enum(['present', 'static', 'left']);
export type SightingState = z.infer<typeof sightingStateSchema>;

/** The snapshot that shows an object best: of a cascade by score, or by neighbors if the engine reports none; of a model by confidence. */
export const bestSnapshotSchema = z
  .object({
    image: imageIdSchema,
    takenAt: instantSchema,
    box: boxSchema,
    confidence: detectionConfidenceSchema,
    score: z.number().nullable(),
    neighbors: z.int().min(0).nullable(),
  })
  .meta({ id: 'BestSnapshot' });

const sightingIdSchema = z.uuid({ version: 'v7', error: 'expected a UUIDv7' });

/** An object's presence at a camera, from the first snapshot that shows it to the last. */
export const sightingSchema = z
  .object({
    id: sightingIdSchema,
    camera: nameSchema,
    label: labelSchema,
    detector: nameSchema,
    state: sightingStateSchema,
    startedAt: instantSchema,
    lastSeenAt: instantSchema,
    endedAt: instantSchema.nullable(),
    count: z.int().min(1).meta({ description: 'Number of snapshots that show the object' }),
    box: boxSchema.meta({ description: 'Last known position of the object' }),
    best: bestSnapshotSchema,
  })
  .meta({ id: 'Sighting' });
export type Sighting = z.infer<typeof sightingSchema>;

export const sightingQuerySchema = z.strictObject({
  camera: nameSchema.optional(),
  label: labelSchema.optional(),
  state: sightingStateSchema.optional(),
  from: instantSchema
    .optional()
    .meta({ description: 'Only sightings that were present at this time or later' }),
  to: instantSchema.optional().meta({ description: 'Only sightings that began before this time' }),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  after: sightingIdSchema
    .optional()
    .meta({ description: 'Cursor: the `next` of the previous page' }),
});
export type SightingQuery = z.infer<typeof sightingQuerySchema>;

export const sightingPageSchema = z.object({
  status: z.literal('OK'),
  sightings: z.array(sightingSchema),
  next: sightingIdSchema.nullable(),
});
export type SightingPage = z.infer<typeof sightingPageSchema>;

/** A change of a sighting. `event_type` and the fields beside it have the form of Home Assistant's event entities. */
export const sightingEventSchema = z
  .object({
    event_type: z.enum(['appeared', 'left']),
    at: instantSchema,
    camera: nameSchema,
    label: labelSchema,
    sighting: sightingIdSchema,
    static: z.boolean().meta({ description: 'True if the object was static' }),
    startedAt: instantSchema,
    durationSeconds: z.number().min(0),
    count: z.int().min(1),
    box: boxSchema,
    snapshot: imageIdSchema.meta({ description: 'The image that shows the object best' }),
  })
  .meta({ id: 'SightingEvent' });
export type SightingEvent = z.infer<typeof sightingEventSchema>;
