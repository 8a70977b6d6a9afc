import { z } from 'zod';
import { detectionSchema, omittedSchema } from './detection.js';
import { imageIdSchema, instantSchema, nameSchema } from './names.js';

export const epochSchema = z.uuid();
export const sequenceSchema = z.int().min(1);

/**
 * Limit on different labels in a summary: each label takes rows of its own at the relay. An appliance applies at most
 * eight detectors to a snapshot, and each detector has one label.
 */
export const MAX_LABELS = 64;

/** The record of one analysed snapshot, without its pixels. */
export const summarySchema = z
  .object({
    camera: nameSchema,
    snapshot: imageIdSchema,
    takenAt: instantSchema,
    width: z.int().min(1),
    height: z.int().min(1),
    detections: z
      .array(detectionSchema)
      .refine(
        (detections) => new Set(detections.map(({ label }) => label)).size <= MAX_LABELS,
        `expected at most ${MAX_LABELS} different labels`,
      ),
    omitted: omittedSchema.meta({
      description:
        'Number of weakest detections left out: beyond 1,000, or to fit the summary into one message',
    }),
    analysisMs: z.number().min(0),
    clock: z
      .enum(['synchronised', 'unsynchronised', 'unknown'])
      .optional()
      .meta({ description: 'State of the clock of the appliance when it set `takenAt`' }),
  })
  .meta({ id: 'Summary' });
export type Summary = z.infer<typeof summarySchema>;

const recordShape = {
  v: z.literal(1),
  epoch: epochSchema,
  seq: sequenceSchema,
  first: sequenceSchema,
};

/**
 * A summary on its way to the relay. `epoch` is the random id of the outbox database. `seq` numbers the summaries in
 * it, from 1 without a gap. `first` is the lowest seq that the appliance still holds: the relay does not wait for lower
 * ones. `historical` marks late data.
 */
export const summaryRecordSchema = z
  .object({ ...recordShape, summary: summarySchema, historical: z.literal(true).optional() })
  .refine(({ first, seq }) => first <= seq, 'first lies above seq')
  .meta({ id: 'SummaryRecord' });
export type SummaryRecord = z.infer<typeof summaryRecordSchema>;

export const dropReasonSchema = z.enum(['bytes', 'age']);

/** Limit on the words that explain a refusal. */
export const MAX_DETAIL = 200;

/** The range of summaries that the outbox evicted or set aside. `to` is the seq of the record itself. */
export const droppedSchema = z
  .object({
    from: sequenceSchema,
    to: sequenceSchema,
    count: z.int().min(1),
    reason: dropReasonSchema.meta({
      description:
        'The limit of the outbox that was exceeded; if there is a cause, only for relays that do not know it',
    }),
    cause: z.enum(['refused', 'forgotten']).optional().catch(undefined).meta({
      description:
        '`refused`: the relay or the broker does not accept it; `forgotten`: a relay lost it after its acknowledgement',
    }),
    detail: z
      .string()
      .max(MAX_DETAIL)
      .optional()
      .catch(undefined)
      .meta({ description: 'Why it was refused' }),
  })
  .refine(({ from, to, count }) => from <= to && count === to - from + 1, 'count is not its extent')
  .meta({ id: 'Dropped' });
export type Dropped = z.infer<typeof droppedSchema>;

/** Takes the place of summaries that will not be sent in the ledger, so that the relay knows what it will never get. */
export const droppedRecordSchema = z
  .object({ ...recordShape, dropped: droppedSchema })
  .refine(({ seq, dropped }) => dropped.to === seq, 'dropped.to is not seq')
  .refine(({ first, dropped }) => first <= dropped.from, 'first lies above what was dropped')
  .meta({ id: 'DroppedRecord' });
export type DroppedRecord = z.infer<typeof droppedRecordSchema>;

export const uplinkRecordSchema = z.union([summaryRecordSchema, droppedRecordSchema]);
export type UplinkRecord = z.infer<typeof uplinkRecordSchema>;

/** Limit on the ranges in an acknowledgement; it names the lowest ones. */
export const MAX_AHEAD = 32;

/**
 * The relay has committed everything up to and including `seq`. `ahead` names committed ranges above a gap, lowest
 * first: the appliance does not send them again.
 */
export const acknowledgementSchema = z
  .object({
    epoch: epochSchema,
    seq: z.int().min(0),
    ahead: z
      .array(z.tuple([sequenceSchema, sequenceSchema]))
      .max(MAX_AHEAD)
      .optional(),
  })
  .meta({ id: 'Acknowledgement' });
export type Acknowledgement = z.infer<typeof acknowledgementSchema>;
