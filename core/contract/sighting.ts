import { z } from 'zod';
import { boxSchema, confidenceSchema, detectionConfidenceSchema } from './detection.js';
import { imageIdSchema, instantSchema, labelSchema, nameSchema } from './names.js';
import { fromSchema, numeric, repeatable, timeZoneSchema, toSchema, truthValue } from './query.js';

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

export const sightingIdSchema = z.uuid({ version: 'v7', error: 'expected a UUIDv7' });

export const MAX_MARK_NOTE = 500;

/** What a person said of a sighting: it is kept for training. */
export const sightingMarkSchema = z
  .object({
    wrong: z.literal(true),
    note: z.string().max(MAX_MARK_NOTE),
    by: z.string().meta({ description: 'Name of the user or of the token' }),
    at: instantSchema,
    pictureKept: z.boolean().meta({
      description: 'Whether the retention keeps the picture: so it is of the newest 1,000 marks',
    }),
  })
  .meta({ id: 'SightingMark' });
export type SightingMark = z.infer<typeof sightingMarkSchema>;

const cameraNameSchema = z
  .string()
  .nullable()
  .meta({ description: 'Name of the camera for people; null if it has none' });

const zonesSchema = z.array(z.string()).meta({
  description: 'Names of the zones that the centre of the object has been in, in that order',
});

const pictureSchema = z.string().nullable().meta({
  description:
    'Address of the best picture with boxes, which needs no token; null if the picture is not stored',
});

const leftAtSchema = instantSchema.nullable().meta({
  description:
    'When the snapshot was taken by which it counts as left, some snapshots after the last that shows it; null while it is present',
});

/** An object's presence at a camera, from the first snapshot that shows it to the last. */
export const sightingSchema = z
  .object({
    id: sightingIdSchema,
    camera: nameSchema,
    cameraName: cameraNameSchema,
    label: labelSchema,
    detector: nameSchema,
    state: sightingStateSchema,
    startedAt: instantSchema,
    lastSeenAt: instantSchema.meta({
      description: 'When the last snapshot was taken that shows it',
    }),
    leftAt: leftAtSchema,
    endedAt: instantSchema.nullable().meta({
      description: '`lastSeenAt` of an object that has left; null while it is present',
    }),
    count: z.int().min(1).meta({ description: 'Number of snapshots that show the object' }),
    box: boxSchema.meta({ description: 'Last known position of the object' }),
    zones: zonesSchema,
    best: bestSnapshotSchema,
    picture: pictureSchema,
    pictureSize: z
      .object({ width: z.int().min(1), height: z.int().min(1) })
      .nullable()
      .meta({ description: 'Pixels of the best picture; null if it is not stored' }),
    mark: sightingMarkSchema.nullable(),
  })
  .meta({ id: 'Sighting' });
export type Sighting = z.infer<typeof sightingSchema>;

/** Which sightings are meant: of the list, of the days and of the exports. */
export const sightingFilterSchema = z.strictObject({
  camera: repeatable(nameSchema).meta({ description: 'Of these cameras; repeatable' }),
  label: repeatable(labelSchema).meta({ description: 'With these labels; repeatable' }),
  detector: repeatable(nameSchema).meta({ description: 'Found by these detectors; repeatable' }),
  zone: repeatable(z.string().min(1).max(64)).meta({
    description: 'That have been in one of these zones; repeatable',
  }),
  state: sightingStateSchema.optional().meta({ description: 'In this state' }),
  minConfidence: numeric(confidenceSchema)
    .optional()
    .meta({ description: 'Whose best snapshot has at least this confidence' }),
  marked: truthValue.optional().meta({
    description: 'true: only those that are marked as wrong; false: only the others',
  }),
  from: fromSchema('Only sightings that were present at this time or later'),
  to: toSchema('Only sightings that began before this time'),
});
export type SightingFilter = z.infer<typeof sightingFilterSchema>;

export const sightingQuerySchema = sightingFilterSchema.extend({
  limit: numeric(z.int().min(1).max(500)).default(50),
  after: sightingIdSchema
    .optional()
    .meta({ description: 'Cursor: the `next` of the previous page' }),
});
export type SightingQuery = z.infer<typeof sightingQuerySchema>;

/** Newest first by `startedAt`. */
export const sightingPageSchema = z.object({
  status: z.literal('OK'),
  sightings: z.array(sightingSchema),
  next: sightingIdSchema.nullable(),
});
export type SightingPage = z.infer<typeof sightingPageSchema>;

/** One sighting between its neighbours of the same filter. */
export const oneSightingSchema = z.object({
  status: z.literal('OK'),
  sighting: sightingSchema,
  previous: sightingIdSchema
    .nullable()
    .meta({ description: 'The sighting that began before it; null if there is none' }),
  next: sightingIdSchema
    .nullable()
    .meta({ description: 'The sighting that began after it; null if there is none' }),
});
export type OneSighting = z.infer<typeof oneSightingSchema>;

export const markRequestSchema = z.strictObject({
  wrong: z.boolean().meta({
    description: 'Whether the label or the box is wrong; false removes the mark',
    examples: [true],
  }),
  note: z
    .string()
    .max(MAX_MARK_NOTE)
    .default('')
    .meta({
      description: 'What is wrong, for those who train a detector with it',
      examples: ['A bin, not a person'],
    }),
});
export type MarkRequest = z.infer<typeof markRequestSchema>;

export const markedSightingSchema = z.object({
  status: z.literal('OK'),
  sighting: sightingSchema,
});

export const sightingDaysQuerySchema = sightingFilterSchema.extend({
  timeZone: timeZoneSchema.default('UTC'),
});
export type SightingDaysQuery = z.infer<typeof sightingDaysQuerySchema>;

/** How many sightings began on each day, newest day first; days without any are left out. */
export const sightingDaysSchema = z.object({
  status: z.literal('OK'),
  timeZone: z.string(),
  from: instantSchema,
  to: instantSchema,
  days: z.array(
    z.object({
      day: z.iso.date(),
      sightings: z.int().min(1),
      marked: z.int().min(0).meta({ description: 'How many of them are marked as wrong' }),
    }),
  ),
});
export type SightingDays = z.infer<typeof sightingDaysSchema>;

/** A change of a sighting. `event_type` and the fields beside it have the form of Home Assistant's event entities. */
export const sightingEventSchema = z
  .object({
    event_type: z.enum(['appeared', 'left']),
    at: instantSchema.meta({ description: 'The same as `lastSeenAt`' }),
    camera: nameSchema,
    cameraName: cameraNameSchema,
    label: labelSchema,
    confidence: detectionConfidenceSchema
      .nullable()
      .meta({ description: 'Of the best snapshot; null in events of older versions' }),
    sighting: sightingIdSchema,
    static: z.boolean().meta({ description: 'True if the object was static' }),
    startedAt: instantSchema,
    lastSeenAt: instantSchema,
    leftAt: leftAtSchema,
    durationSeconds: z.number().min(0),
    count: z.int().min(1),
    box: boxSchema,
    zones: zonesSchema,
    snapshot: imageIdSchema.meta({ description: 'The image that shows the object best' }),
    picture: pictureSchema,
  })
  .meta({ id: 'SightingEvent' });
export type SightingEvent = z.infer<typeof sightingEventSchema>;
