import { z } from 'zod';

const milliseconds = z.int().min(0);

/** What CodeProject.AI says of the module that answered; clients show or log it. */
const moduleShape = {
  moduleId: z.string(),
  moduleName: z.string(),
  command: z.string(),
  executionProvider: z.literal('CPU'),
  inferenceDevice: z.literal('CPU'),
  canUseGPU: z.literal(false),
  processedBy: z.literal('localhost'),
  analysisRoundTripMs: milliseconds.meta({ description: 'From the request to its response' }),
  timestampUTC: z.string().meta({ description: 'As in an HTTP header' }),
};

/** An object, in pixels of the image after EXIF orientation. */
const predictionSchema = z
  .object({
    label: z.string(),
    confidence: z.number().min(0).max(1),
    x_min: z.int().min(0),
    y_min: z.int().min(0),
    x_max: z.int().min(0),
    y_max: z.int().min(0),
  })
  .meta({ id: 'DeepstackPrediction' });

/** The response that clients of DeepStack and CodeProject.AI expect. */
export const deepstackAnswerSchema = z
  .object({
    success: z.literal(true),
    code: z.literal(200),
    message: z.string().meta({ description: 'The labels that were found, for people' }),
    count: z.int(),
    predictions: z.array(predictionSchema).meta({ description: 'The most confident first' }),
    inferenceMs: milliseconds.meta({ description: 'Duration of the search' }),
    processMs: milliseconds.meta({ description: 'The same with the decoding of the image' }),
    duration: z.number().min(0).meta({ description: '`analysisRoundTripMs` in seconds' }),
    requestId: z.string().meta({ description: 'The id of the image in the API below /api/v1' }),
    ...moduleShape,
  })
  .meta({ id: 'DeepstackAnswer' });
export type DeepstackAnswer = z.infer<typeof deepstackAnswerSchema>;

export const deepstackErrorSchema = z
  .object({ success: z.literal(false), code: z.int(), error: z.string() })
  .meta({ id: 'DeepstackError' });
export type DeepstackError = z.infer<typeof deepstackErrorSchema>;

/** The names that `/v1/vision/custom/{name}` takes. */
export const deepstackModelsSchema = z
  .object({
    success: z.literal(true),
    code: z.literal(200),
    models: z.array(z.string()),
    ...moduleShape,
  })
  .meta({ id: 'DeepstackModels' });
export type DeepstackModels = z.infer<typeof deepstackModelsSchema>;

const versionSchema = z
  .object({
    major: z.int(),
    minor: z.int(),
    patch: z.int(),
    preRelease: z.string().nullable(),
    securityUpdate: z.literal(false),
    build: z.literal(0),
    file: z.literal(''),
    releaseNotes: z.literal(''),
  })
  .meta({ id: 'DeepstackVersion' });
export type DeepstackVersion = z.infer<typeof versionSchema>;

/** That the server lives, and its version. */
export const deepstackStatusSchema = z
  .object({
    success: z.literal(true),
    code: z.literal(200),
    message: z.string().meta({ description: 'The version' }),
    version: versionSchema,
  })
  .meta({ id: 'DeepstackStatus' });
export type DeepstackStatus = z.infer<typeof deepstackStatusSchema>;

export const deepstackUpdateSchema = deepstackStatusSchema
  .extend({
    message: z.string(),
    current: versionSchema,
    latest: versionSchema,
    updateAvailable: z.literal(false),
  })
  .meta({ id: 'DeepstackUpdate' });
export type DeepstackUpdate = z.infer<typeof deepstackUpdateSchema>;

/** From 0 to 1. Clients in many languages send a comma. */
const confidenceSchema = z
  .string()
  .transform((text) => text.replace(',', '.'))
  .pipe(
    z
      .string()
      .regex(
        /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?\s*$/i,
        'expected a number from 0 to 1, e.g. 0.45',
      )
      .transform(Number)
      .pipe(
        z
          .number()
          .min(0, 'expected a number from 0 to 1')
          .max(1, 'expected a number from 0 to 1, not a percentage'),
      ),
  );

export const DEFAULT_MIN_CONFIDENCE = 0.4;

/** The fields that count, in a form or in the query. A client's other fields have no effect. */
export const deepstackFieldsSchema = z.object({
  min_confidence: confidenceSchema.optional().meta({
    description: `From 0 to 1, with a point or a comma; ${DEFAULT_MIN_CONFIDENCE} if absent`,
    examples: [DEFAULT_MIN_CONFIDENCE],
  }),
});
export type DeepstackFields = z.infer<typeof deepstackFieldsSchema>;

/** A token in the form, for clients that cannot send a header. */
export const deepstackKeysSchema = z.object({
  api_key: z
    .string()
    .optional()
    .meta({ description: 'A token; instead of the header', examples: [''] }),
  admin_key: z
    .string()
    .optional()
    .meta({ description: 'The same', examples: [''] }),
});
