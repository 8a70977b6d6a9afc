import { z } from 'zod';
import {
  appliedDetectorSchema,
  confidenceSchema,
  detectionSchema,
  MAX_NAMED_LABELS,
  omittedSchema,
  orientationSchema,
  preparationSchema,
  searchParametersSchema,
  tilesSchema,
  timesSchema,
} from './detection.js';
import { imageIdSchema, instantSchema, labelSchema, nameSchema } from './names.js';
import { problemSchema } from './problem.js';
import { fromSchema, toSchema } from './query.js';

/** A value that arrives as one or several form fields, or as one comma-separated field. */
const list = <T extends z.ZodType>(item: T, most = 16) =>
  z.preprocess(
    (value) =>
      value === undefined
        ? undefined
        : (Array.isArray(value) ? value : [value]).flatMap((v) =>
            typeof v === 'string' ? v.split(',').map((s) => s.trim()) : [v],
          ),
    z.array(item).min(1).max(most),
  );

/** A number that arrives as text. An empty field is not a number, although `Number('')` is 0. */
const numeric = <T extends z.ZodType>(schema: T) =>
  z.preprocess(
    (value) => (typeof value === 'string' && value.trim() !== '' ? Number(value) : value),
    schema,
  );

const search = searchParametersSchema.shape;

/** What to do with an image of which a part is missing or made up. */
export const damagedSchema = z.enum(['refuse', 'accept']);

/**
 * The fields of an upload beside `image`. An absent field takes the detector's default. Swagger UI fills its form with
 * the examples; without them it invents values.
 */
export const uploadFieldsSchema = z.strictObject({
  detector: list(nameSchema)
    .optional()
    .meta({ description: 'Detector id; repeatable', examples: [['stop-sign']] }),
  scaleFactor: numeric(search.scaleFactor)
    .optional()
    .meta({ examples: [1.1] }),
  minNeighbors: numeric(search.minNeighbors)
    .optional()
    .meta({ examples: [5] }),
  minSize: numeric(search.minSize)
    .optional()
    .meta({ examples: [20] }),
  maxSize: numeric(search.maxSize)
    .optional()
    .meta({ examples: [0] }),
  workingSize: numeric(preparationSchema.shape.workingSize)
    .optional()
    .meta({ examples: [1280] }),
  orientations: list(numeric(orientationSchema))
    .optional()
    .meta({
      description: 'Rotations to search, in degrees; repeatable',
      examples: [[0]],
    }),
  label: list(labelSchema, MAX_NAMED_LABELS)
    .optional()
    .meta({
      description: 'Only detections with this label; repeatable. Absent: all of them',
      examples: [['stop sign']],
    }),
  minConfidence: numeric(confidenceSchema)
    .optional()
    .meta({ description: 'Weaker detections are left out', examples: [0.5] }),
  tiles: tilesSchema.optional().meta({
    description: 'Of an ONNX model: parts that are searched one after the other, e.g. 2x2',
    examples: ['1'],
  }),
  damaged: damagedSchema.optional().meta({
    description:
      'Whether an image of which a part is missing or made up is refused (default) or searched',
    examples: ['refuse'],
  }),
});
/** The same in a query, for clients whose form cannot have fields. */
export const damagedQuerySchema = z.object({ damaged: uploadFieldsSchema.shape.damaged });

export type UploadFields = z.infer<typeof uploadFieldsSchema>;

/** The kinds of images that are accepted. */
export const MEDIA_TYPES = [
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/gif',
  'image/bmp',
  'image/tiff',
  'image/avif',
  'image/heic',
  'image/jxl',
] as const;

export const imageStatusSchema = z.enum(['OK', 'PENDING', 'FAILED']);
export type ImageStatus = z.infer<typeof imageStatusSchema>;

export const imageResourceSchema = z
  .object({
    id: imageIdSchema,
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    mediaType: z.enum(MEDIA_TYPES),
    bytes: z.int(),
    width: z.int().meta({ description: 'Pixels, after EXIF orientation' }),
    height: z.int(),
    camera: nameSchema.nullable().meta({ description: 'null for an upload' }),
    createdAt: instantSchema,
    expiresAt: instantSchema.nullable(),
    links: z.object({ original: z.string(), processed: z.string(), detections: z.string() }),
  })
  .meta({ id: 'Image' });
export type ImageResource = z.infer<typeof imageResourceSchema>;

const omittedOfResult = omittedSchema.meta({
  description: 'Number of detections beyond the 1,000 strongest, which are left out',
});

const damagedOfResult = z.literal(true).optional().meta({
  description: 'A part of the image is missing or made up; absent if it is whole',
});

export const analysedImageSchema = z
  .object({
    status: z.literal('OK'),
    cached: z
      .boolean()
      .meta({ description: 'True if the result of an earlier, identical analysis was reused' }),
    image: imageResourceSchema,
    detections: z.array(detectionSchema),
    omitted: omittedOfResult,
    damaged: damagedOfResult,
    detectors: z.array(appliedDetectorSchema),
    preparation: preparationSchema,
    times: timesSchema,
  })
  .meta({ id: 'AnalysedImage' });

export const pendingImageSchema = z
  .object({ status: z.literal('PENDING'), image: imageResourceSchema })
  .meta({ id: 'PendingImage' });

export const failedImageSchema = z
  .object({ status: z.literal('FAILED'), image: imageResourceSchema, problem: problemSchema })
  .meta({ id: 'FailedImage' });

export const imageResultSchema = z.discriminatedUnion('status', [
  analysedImageSchema,
  pendingImageSchema,
  failedImageSchema,
]);
export type ImageResult = z.infer<typeof imageResultSchema>;

export const listedImageSchema = imageResourceSchema
  .extend({
    status: imageStatusSchema,
    detections: z.array(detectionSchema),
    omitted: omittedOfResult,
    damaged: damagedOfResult,
  })
  .meta({ id: 'ListedImage' });

export const imagePageSchema = z
  .object({
    status: z.literal('OK'),
    images: z.array(listedImageSchema),
    next: z.string().nullable().meta({ description: 'Pass it as `after` to get the next page' }),
  })
  .meta({ id: 'ImagePage' });
export type ImagePage = z.infer<typeof imagePageSchema>;

export const imageQuerySchema = z.strictObject({
  limit: numeric(z.int().min(1).max(500)).default(50),
  after: imageIdSchema.optional(),
  label: labelSchema.optional(),
  camera: nameSchema.optional(),
  from: fromSchema('Only images of this time or later'),
  to: toSchema('Only images before this time'),
});
export type ImageQuery = z.infer<typeof imageQuerySchema>;

export const okSchema = z.object({ status: z.literal('OK') }).meta({ id: 'Ok' });
