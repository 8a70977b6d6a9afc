import { z } from 'zod';
import { detectionSchema } from './detection.js';
import { imageIdSchema, instantSchema, nameSchema } from './names.js';

export const epochSchema = z.uuid();
export const sequenceSchema = z.int().min(1);

/** What was seen in one analysed snapshot: everything but its pixels. */
export const summarySchema = z
  .object({
    camera: nameSchema,
    snapshot: imageIdSchema,
    takenAt: instantSchema,
    width: z.int().min(1),
    height: z.int().min(1),
    detections: z.array(detectionSchema),
    omitted: z
      .int()
      .min(1)
      .optional()
      .meta({ description: 'Weakest detections left out so that the summary fits one message' }),
    analysisMs: z.number().min(0),
  })
  .meta({ id: 'Summary' });
export type Summary = z.infer<typeof summarySchema>;

/**
 * A summary on its way to the relay. `epoch` names the outbox's database and `seq` numbers its
 * summaries from 1 without a hole. `first` is the lowest seq that the appliance still holds:
 * the relay never waits for what is below it.
 */
export const uplinkRecordSchema = z
  .object({
    v: z.literal(1),
    epoch: epochSchema,
    seq: sequenceSchema,
    first: sequenceSchema,
    summary: summarySchema,
  })
  .refine(({ first, seq }) => first <= seq, 'first lies above seq')
  .meta({ id: 'UplinkRecord' });
export type UplinkRecord = z.infer<typeof uplinkRecordSchema>;

/** Everything up to and including `seq` is committed at the relay. */
export const acknowledgementSchema = z
  .object({ epoch: epochSchema, seq: z.int().min(0) })
  .meta({ id: 'Acknowledgement' });
export type Acknowledgement = z.infer<typeof acknowledgementSchema>;
