import { z } from 'zod';
import { confidenceSchema, labelsSchema } from './detection.js';

const fraction = z.number().min(0).max(1);

/** A polygon on an image. Points are fractions of its width and height, from the top left corner. */
export const zoneSchema = z
  .strictObject({
    name: z.string().min(1).max(64).optional(),
    kind: z.enum(['include', 'mask']),
    points: z
      .array(z.tuple([fraction, fraction]))
      .min(3)
      .max(64),
    /** Of a zone to include: only these count in it. Of a mask: only these are masked. */
    labels: labelsSchema.optional(),
    /** In place of the camera's. */
    minConfidence: confidenceSchema.optional(),
  })
  .refine(({ kind, minConfidence }) => kind === 'include' || minConfidence === undefined, {
    path: ['minConfidence'],
    error: 'expected only in a zone whose kind is include',
  });
export type Zone = z.infer<typeof zoneSchema>;
export type Point = Zone['points'][number];
