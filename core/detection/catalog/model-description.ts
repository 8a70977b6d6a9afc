import { z } from 'zod';
import { modelFamilySchema, modelParametersSchema } from '../../contract/detection.js';
import { labelSchema } from '../../contract/names.js';
import { COCO_LABELS, USUAL_COCO_LABELS } from './coco-labels.js';

/** Limit on the classes of a model. */
export const MAX_CLASSES = 1_000;

const side = z.int().min(32).max(2_048);
const level = z.number().min(0).max(255);
const factor = z.number().gt(0).max(1_000);

/** One value for the three channels, or one for each. */
const perChannel = (value: z.ZodNumber) =>
  z.union(
    [z.tuple([value, value, value]), value.transform((v): [number, number, number] => [v, v, v])],
    {
      error: 'expected a number, or three: one for each channel',
    },
  );

const differing = (labels: string[]) => new Set(labels).size === labels.length;

const labelListSchema = z
  .array(labelSchema)
  .min(1)
  .max(MAX_CLASSES)
  .refine(differing, 'labels must differ');

/** In the order of the classes, or the 80 of COCO. */
export const modelLabelsSchema = z
  .union([z.literal('coco'), labelListSchema], {
    error: 'expected a list of different labels, or coco',
  })
  .transform((labels) => (labels === 'coco' ? [...COCO_LABELS] : labels));

/** The fields of a model's description in YAML. */
export const modelShape = {
  family: modelFamilySchema,
  input: z.strictObject({ width: side, height: side }),
  channels: z.enum(['bgr', 'rgb']),
  mean: perChannel(level),
  scale: perChannel(factor),
  letterbox: z.strictObject({ align: z.enum(['start', 'centre']), fill: level }),
  labels: modelLabelsSchema,
  usualLabels: labelListSchema,
  parameters: modelParametersSchema.partial(),
};

/** An operator's description: what is left out is read from the model, or is what its family usually has. */
export const operatorModelSchema = z
  .strictObject({ ...modelShape, source: z.string().min(1), licence: z.string().min(1) })
  .partial();
export type OperatorModel = z.infer<typeof operatorModelSchema>;

/** Labels that people usually want, if the model has others beside them. */
export function usualOf(labels: string[]): { usualLabels?: string[] } {
  const isCoco = COCO_LABELS.every((label, i) => labels[i] === label);
  return isCoco ? { usualLabels: [...USUAL_COCO_LABELS] } : {};
}

/** The names of as many classes: those of COCO if there are as many, otherwise numbers. */
export const labelsForClasses = (classes: number): string[] =>
  classes === COCO_LABELS.length
    ? [...COCO_LABELS]
    : Array.from({ length: classes }, (_, i) => `class-${i}`);
