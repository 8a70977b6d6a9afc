import { z } from 'zod';
import { labelSchema, nameSchema } from './names.js';

/** Pixels of the image as decoded, after EXIF orientation; the origin is the top left corner. */
export const boxSchema = z
  .object({
    x: z.int().min(0),
    y: z.int().min(0),
    width: z.int().min(1),
    height: z.int().min(1),
  })
  .meta({ id: 'Box' });
export type Box = z.infer<typeof boxSchema>;

export const detectionSchema = z
  .object({
    label: labelSchema,
    detector: nameSchema,
    box: boxSchema,
    neighbors: z.int().min(0).meta({ description: 'Number of merged windows' }),
    score: z
      .number()
      .nullable()
      .meta({ description: 'The sum of the last stage; null if the engine does not report it' }),
  })
  .meta({ id: 'Detection' });
export type Detection = z.infer<typeof detectionSchema>;

/** Limit on the detectors of one image. */
export const MAX_DETECTORS = 8;

/** Number of detections that a result or a summary leaves out. */
export const omittedSchema = z.int().min(1).optional();

export const ORIENTATIONS = [0, 90, 180, 270] as const;
export const orientationSchema = z.literal(ORIENTATIONS);
export type Orientation = z.infer<typeof orientationSchema>;

/**
 * How a cascade is searched. Sizes are in pixels of the original image.
 * The names and the defaults are those of OpenCV's `CascadeClassifier::detectMultiScale`.
 */
export const searchParametersSchema = z.strictObject({
  scaleFactor: z
    .number()
    .min(1.01)
    .max(2)
    .meta({ description: 'Ratio between the window sizes of two successive passes' }),
  minNeighbors: z.int().min(0).max(100).meta({
    description: 'Number of merged windows that a detection needs; 0 reports every window',
  }),
  minSize: z
    .int()
    .min(1)
    .max(16_384)
    .meta({ description: 'Smallest side of a detection, in pixels' }),
  maxSize: z
    .int()
    .min(0)
    .max(16_384)
    .meta({ description: 'Largest side of a detection, in pixels; 0 means no limit' }),
});
export type SearchParameters = z.infer<typeof searchParametersSchema>;

export const searchDefaults: SearchParameters = {
  scaleFactor: 1.1,
  minNeighbors: 3,
  minSize: 20,
  maxSize: 0,
};

/** How an image is prepared before the search. */
export const preparationSchema = z.strictObject({
  workingSize: z
    .union([z.literal(0), z.int().min(64).max(16_384)], {
      error: 'expected 0, or 64 to 16384 pixels',
    })
    .meta({
      description: 'Limit on the longer side of the searched image; 0 searches every pixel',
    }),
  orientations: z.array(orientationSchema).min(1).max(4),
});
export type Preparation = z.infer<typeof preparationSchema>;

export const preparationDefaults: Preparation = { workingSize: 1280, orientations: [0] };

export const engineSchema = z.enum(['opencv', 'siteglass']);
export type EngineName = z.infer<typeof engineSchema>;

/** One detector, as applied to an image. */
export const appliedDetectorSchema = z
  .object({
    id: nameSchema,
    engine: engineSchema,
    parameters: searchParametersSchema,
  })
  .meta({ id: 'AppliedDetector' });
export type AppliedDetector = z.infer<typeof appliedDetectorSchema>;

const milliseconds = z.number().min(0);

export const timesSchema = z
  .object({ queueMs: milliseconds, decodeMs: milliseconds, detectMs: milliseconds })
  .meta({
    id: 'Times',
    description: 'Duration of the analysis; of the stored analysis if the result is cached',
  });
export type Times = z.infer<typeof timesSchema>;

/** The record of one analysed image, from any source. */
export interface Analysis {
  /** Size of the image as decoded, after EXIF orientation, in pixels. */
  width: number;
  height: number;
  detections: Detection[];
  omitted?: number;
  /** A part of the image is missing or made up; absent if it is whole. */
  damaged?: true;
  detectors: AppliedDetector[];
  preparation: Preparation;
  times: Times;
}

export const detectorResourceSchema = z
  .object({
    id: nameSchema,
    label: labelSchema,
    status: z.enum(['ready', 'refused']),
    reason: z.string().optional().meta({ description: 'Why the detector was refused' }),
    default: z.boolean().meta({ description: 'Used if a request names no detector' }),
    engine: engineSchema.optional(),
    kind: z.enum(['haar', 'lbp', 'hog']).optional(),
    window: z.object({ width: z.int(), height: z.int() }).optional(),
    parameters: searchParametersSchema,
    origin: z.enum(['siteglass', 'opencv', 'operator']),
    source: z.string().optional(),
    licence: z.string().optional(),
    sha256: z.string().optional(),
  })
  .meta({ id: 'Detector' });
export type DetectorResource = z.infer<typeof detectorResourceSchema>;
