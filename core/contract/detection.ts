import { z } from 'zod';
import { MIN_MODEL_CONFIDENCE } from './confidence.js';
import { labelSchema, mqttTextSchema, nameSchema } from './names.js';
import { MAX_TILES, tilesOf } from './tiles.js';

export { confidenceOf, MIN_MODEL_CONFIDENCE, strongestFirst } from './confidence.js';
export { MAX_TILES, tilesOf } from './tiles.js';

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

export const confidenceSchema = z.number().min(0).max(1);

export const detectionConfidenceSchema = confidenceSchema.meta({
  description:
    'How certain it is. Of a model: its own; of a cascade: neighbors / (neighbors + minNeighbors), so that 0.5 just passes',
});

export const detectionSchema = z
  .object({
    label: labelSchema,
    detector: nameSchema,
    box: boxSchema,
    confidence: detectionConfidenceSchema,
    neighbors: z
      .int()
      .min(0)
      .nullable()
      .meta({ description: 'Number of merged windows of a cascade; null for a model' }),
    score: z.number().nullable().meta({
      description:
        'Sum of the last stage of a cascade; null for a model, and if the engine does not report it',
    }),
  })
  .meta({ id: 'Detection' });
export type Detection = z.infer<typeof detectionSchema>;

/** Limit on the labels that a request, a camera or a zone names. */
export const MAX_NAMED_LABELS = 64;

export const labelsSchema = z.array(labelSchema).min(1).max(MAX_NAMED_LABELS);

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

/** How what a model found is filtered. Sizes are in pixels of the original image. */
export const modelParametersSchema = z.strictObject({
  minConfidence: z
    .number()
    .min(MIN_MODEL_CONFIDENCE)
    .max(1)
    .meta({ description: 'Weaker detections are left out' }),
  maxOverlap: z.number().min(0).max(1).meta({
    description:
      'Of two boxes with the same label whose intersection over union is above this, the weaker is left out',
  }),
  minSize: searchParametersSchema.shape.minSize,
  maxSize: searchParametersSchema.shape.maxSize,
});
export type ModelParameters = z.infer<typeof modelParametersSchema>;

export const modelDefaults: ModelParameters = {
  minConfidence: 0.35,
  maxOverlap: 0.45,
  minSize: 1,
  maxSize: 0,
};

/** Columns × rows, e.g. 3x2; 1 is the whole image. */
export const tilesSchema = z
  .string()
  .regex(/^(1|[1-8]x[1-8])$/, 'expected 1, or columns and rows as 2x2')
  .refine((text) => tilesOf(text).columns * tilesOf(text).rows <= MAX_TILES, {
    error: `expected at most ${MAX_TILES} tiles`,
  });

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
  tiles: tilesSchema.optional().meta({
    description:
      'Parts that a model searches one after the other, with an overlap, e.g. 2x2: for objects that are small in a large image. Absent: the whole image at once',
  }),
});
export type Preparation = z.infer<typeof preparationSchema>;

export const preparationDefaults: Preparation = { workingSize: 1280, orientations: [0] };

/** Engines that search with cascades. */
export const cascadeEngineSchema = z.enum(['opencv', 'siteglass']);
export type CascadeEngineName = z.infer<typeof cascadeEngineSchema>;

export const MODEL_ENGINE = 'onnxruntime';
export const engineSchema = z.enum([...cascadeEngineSchema.options, MODEL_ENGINE]);
export type EngineName = z.infer<typeof engineSchema>;

const appliedCascadeSchema = z.object({
  id: nameSchema,
  engine: cascadeEngineSchema,
  parameters: searchParametersSchema,
});

const appliedModelSchema = z.object({
  id: nameSchema,
  engine: z.literal(MODEL_ENGINE),
  parameters: modelParametersSchema,
});

/** One detector, as applied to an image. */
export const appliedDetectorSchema = z
  .discriminatedUnion('engine', [appliedCascadeSchema, appliedModelSchema])
  .meta({ id: 'AppliedDetector' });
export type AppliedCascade = z.infer<typeof appliedCascadeSchema>;
export type AppliedModel = z.infer<typeof appliedModelSchema>;
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

export const detectorKindSchema = z.enum(['cascade', 'onnx']).meta({
  description: '`cascade`: an OpenCV cascade; `onnx`: a neural network in the ONNX format',
});
export type DetectorKind = z.infer<typeof detectorKindSchema>;

/** How boxes are read from a model's outputs. */
export const modelFamilySchema = z.enum(['yolox', 'yolov8', 'nanodet', 'picodet', 'yunet']);
export type ModelFamily = z.infer<typeof modelFamilySchema>;

const sizeSchema = z.object({ width: z.int(), height: z.int() });

export const additionSchema = z
  .object({
    state: z.enum(['waiting', 'downloading', 'trying', 'failed']),
    bytes: z.int().min(0).meta({ description: 'Bytes that have arrived' }),
    totalBytes: z.int().min(0).nullable(),
    reason: z.string().optional().meta({ description: 'Why it failed, or waits' }),
  })
  .meta({
    id: 'DetectorAddition',
    description: 'Of a detector that is being added, or was not added',
  });
export type DetectorAddition = z.infer<typeof additionSchema>;

/** Limit on the labels of a detector. */
export const MAX_LABELS = 1_000;

const ownLabelsSchema = z
  .array(labelSchema)
  .min(1)
  .max(MAX_LABELS)
  .refine((labels) => new Set(labels).size === labels.length, 'labels must differ');

const ownParametersSchema = z
  .strictObject({ ...searchParametersSchema.shape, ...modelParametersSchema.shape })
  .partial();

/** What an administrator sets on a detector that was added, in place of what its file and its description say. */
export const detectorSettingsSchema = z
  .strictObject({
    title: mqttTextSchema.max(64).meta({ description: 'Name that is shown beside the id' }),
    labels: ownLabelsSchema.meta({
      description: 'As many as it has now, in their order; not of a model that Siteglass lists',
    }),
    usualLabels: ownLabelsSchema.meta({
      description: 'Of a model: labels that people usually want',
    }),
    parameters: ownParametersSchema.meta({
      description:
        'Defaults of a search: of a cascade `scaleFactor` and `minNeighbors`, of a model `minConfidence` and `maxOverlap`; of both `minSize` and `maxSize`',
    }),
  })
  .partial()
  .meta({ id: 'DetectorSettings', description: 'What is left out is as in the file' });
export type DetectorSettings = z.infer<typeof detectorSettingsSchema>;

export const detectorResourceSchema = z
  .object({
    id: nameSchema,
    title: z.string().optional().meta({ description: 'Name that is shown beside the id' }),
    kind: detectorKindSchema,
    label: labelSchema.optional().meta({ description: 'Of a cascade, which has one' }),
    labels: z.array(labelSchema).meta({ description: 'Every label that it can find' }),
    usualLabels: z.array(labelSchema).optional().meta({
      description: 'Of a model with many labels: those that people usually want',
    }),
    status: z.enum(['ready', 'available', 'refused']).meta({
      description: '`available`: known, but its file is not downloaded; `refused`: see `reason`',
    }),
    reason: z.string().optional().meta({ description: 'Why the detector was refused' }),
    default: z.boolean().meta({ description: 'Used if a request names no detector' }),
    removable: z.boolean().meta({ description: 'It was added here, and can be removed here' }),
    settings: detectorSettingsSchema.optional().meta({ description: 'What was set here' }),
    addition: additionSchema.optional(),
    engine: engineSchema.optional(),
    features: z
      .enum(['haar', 'lbp', 'hog'])
      .optional()
      .meta({ description: 'Of a cascade: what it compares' }),
    window: sizeSchema
      .optional()
      .meta({ description: 'Of a cascade: the smallest object that it finds, in pixels' }),
    family: modelFamilySchema.optional(),
    input: sizeSchema
      .optional()
      .meta({ description: 'Of a model: the size that the image is scaled to, in pixels' }),
    parameters: z.union([searchParametersSchema, modelParametersSchema]),
    origin: z.enum(['siteglass', 'opencv', 'download', 'operator']),
    source: z.string().optional(),
    licence: z.string().optional(),
    url: z.string().optional().meta({ description: 'Where the file is downloaded from' }),
    bytes: z.int().optional().meta({ description: 'Size of its file: to download, or downloaded' }),
    sha256: z.string().optional(),
  })
  .meta({ id: 'Detector' });
export type DetectorResource = z.infer<typeof detectorResourceSchema>;
