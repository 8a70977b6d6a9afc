import { z } from 'zod';

/** The response that clients of DeepStack and CodeProject.AI expect. Coordinates are in pixels. */
export const deepstackAnswerSchema = z
  .object({
    success: z.literal(true),
    code: z.literal(200),
    count: z.int(),
    inferenceMs: z.number(),
    predictions: z.array(
      z.object({
        label: z.string(),
        confidence: z.number().min(0).max(1),
        x_min: z.int(),
        y_min: z.int(),
        x_max: z.int(),
        y_max: z.int(),
      }),
    ),
  })
  .meta({ id: 'DeepstackAnswer' });
export type DeepstackAnswer = z.infer<typeof deepstackAnswerSchema>;

export const deepstackErrorSchema = z
  .object({ success: z.literal(false), code: z.int(), error: z.string() })
  .meta({ id: 'DeepstackError' });
export type DeepstackError = z.infer<typeof deepstackErrorSchema>;

/** The names that `/v1/vision/custom/{name}` takes. */
export const deepstackModelsSchema = z
  .object({ success: z.literal(true), code: z.literal(200), models: z.array(z.string()) })
  .meta({ id: 'DeepstackModels' });
export type DeepstackModels = z.infer<typeof deepstackModelsSchema>;

/** From 0 to 1. Clients in many languages send a comma. */
const confidenceSchema = z
  .string()
  .transform((text) => text.replace(',', '.'))
  .pipe(
    z
      .string()
      .regex(/^\s*[+-]?(\d+\.?\d*|\.\d+)\s*$/, 'expected a number from 0 to 1, e.g. 0.45')
      .transform(Number)
      .pipe(
        z
          .number()
          .min(0, 'expected a number from 0 to 1')
          .max(1, 'expected a number from 0 to 1, not a percentage'),
      ),
  );

export const deepstackFieldsSchema = z.object({
  min_confidence: confidenceSchema.default(0.4),
});
