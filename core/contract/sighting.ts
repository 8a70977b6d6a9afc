import { z } from 'zod';
import { boxSchema } from './detection.js';
import { imageIdSchema, instantSchema, labelSchema, nameSchema } from './names.js';

/** `static` is an object that has long stood where it stands: still there, and no news any more. */
export const sightingStateSchema = z.enum(['present', 'static', 'left']);
export type SightingState = z.infer<typeof sightingStateSchema>;

/** The snapshot that shows an object best: by score where the engine tells one, else by neighbors. */
export const bestSnapshotSchema = z
  .object({
    image: imageIdSchema,
    takenAt: instantSchema,
    box: boxSchema,
    score: z.number().nullable(),
    neighbors: z.int().min(0),
  })
  .meta({ id: 'BestSnapshot' });

const sightingIdSchema = z.uuid({ version: 'v7', error: 'expected a UUIDv7' });

/** An object's presence at a camera, from the first snapshot that showed it to the last. */
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
    count: z.int().min(1).meta({ description: 'Snapshots that show it' }),
    box: boxSchema.meta({ description: 'Where it was seen last' }),
    best: bestSnapshotSchema,
  })
  .meta({ id: 'Sighting' });
export type Sighting = z.infer<typeof sightingSchema>;

export const sightingQuerySchema = z.strictObject({
  camera: nameSchema.optional(),
  label: labelSchema.optional(),
  state: sightingStateSchema.optional(),
  from: instantSchema.optional().meta({ description: 'Still there at this instant or later' }),
  to: instantSchema.optional().meta({ description: 'Began before this instant' }),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  after: sightingIdSchema.optional().meta({ description: 'The cursor: `next` of the page before' }),
});
export type SightingQuery = z.infer<typeof sightingQuerySchema>;

export const sightingPageSchema = z.object({
  status: z.literal('OK'),
  sightings: z.array(sightingSchema),
  next: sightingIdSchema.nullable(),
});
export type SightingPage = z.infer<typeof sightingPageSchema>;

/**
 * Something that happened to a sighting. `event_type` and the rest beside it is the form that Home
 * Assistant's event entities take.
 */
export const sightingEventSchema = z
  .object({
    event_type: z.enum(['appeared', 'left']),
    at: instantSchema,
    camera: nameSchema,
    label: labelSchema,
    sighting: sightingIdSchema,
    static: z.boolean().meta({ description: 'It had long stood there' }),
    startedAt: instantSchema,
    durationSeconds: z.number().min(0),
    count: z.int().min(1),
    box: boxSchema,
    snapshot: imageIdSchema.meta({ description: 'The image that shows it best' }),
  })
  .meta({ id: 'SightingEvent' });
export type SightingEvent = z.infer<typeof sightingEventSchema>;
