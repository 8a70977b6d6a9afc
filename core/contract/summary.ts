import { z } from 'zod';
import { detectionSchema, omittedSchema } from './detection.js';
import { imageIdSchema, instantSchema, nameSchema } from './names.js';

export const epochSchema = z.uuid();
export const sequenceSchema = z.int().min(1);

/**
 * Different labels in a summary, each of which is rows of its own at the relay. An appliance applies at most eight
 * detectors to a snapshot, each with one label.
 */
export const MAX_LABELS = 64;

/** What was seen in one analysed snapshot: everything but its pixels. */
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
        'Weakest detections left out: beyond 1,000, or so that the summary fits one message',
    }),
    analysisMs: z.number().min(0),
    clock: z
      .enum(['synchronised', 'unsynchronised', 'unknown'])
      .optional()
      .meta({ description: "Whether the appliance's clock could be trusted for `takenAt`" }),
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
 * A summary on its way to the relay. `epoch` names the outbox's database and `seq` numbers its
 * summaries from 1 without a hole. `first` is the lowest seq that the appliance still holds:
 * the relay never waits for what is below it. `historical` marks what is old news by now.
 */
export const summaryRecordSchema = z
  .object({ ...recordShape, summary: summarySchema, historical: z.literal(true).optional() })
  .refine(({ first, seq }) => first <= seq, 'first lies above seq')
  .meta({ id: 'SummaryRecord' });
export type SummaryRecord = z.infer<typeof summaryRecordSchema>;

export const dropReasonSchema = z.enum(['bytes', 'age']);

/** Summaries that the outbox's budget had to evict. `to` is the record's own seq; nothing between is missing otherwise. */
export const droppedSchema = z
  .object({
    from: sequenceSchema,
    to: sequenceSchema,
    count: z.int().min(1),
    reason: dropReasonSchema,
  })
  .refine(({ from, to, count }) => from <= to && count === to - from + 1, 'count is not its extent')
  .meta({ id: 'Dropped' });
export type Dropped = z.infer<typeof droppedSchema>;

/** Takes the place of evicted summaries in the ledger, so that what is gone is known to be gone. */
export const droppedRecordSchema = z
  .object({ ...recordShape, dropped: droppedSchema })
  .refine(({ seq, dropped }) => dropped.to === seq, 'dropped.to is not seq')
  .refine(({ first, dropped }) => first <= dropped.from, 'first lies above what was dropped')
  .meta({ id: 'DroppedRecord' });
export type DroppedRecord = z.infer<typeof droppedRecordSchema>;

export const uplinkRecordSchema = z.union([summaryRecordSchema, droppedRecordSchema]);
export type UplinkRecord = z.infer<typeof uplinkRecordSchema>;

/** At most so many ranges are named in an acknowledgement; the lowest ones. */
export const MAX_AHEAD = 32;

/**
 * Everything up to and including `seq` is committed at the relay. `ahead` names ranges above it that are committed as
 * well, lowest first, where something below them has not arrived yet: they need not be sent again.
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
