import { z } from 'zod';
import {
  confidenceOf,
  type Detection,
  detectionSchema,
  omittedSchema,
  searchDefaults,
} from './detection.js';
import { isObject, jsonObject } from './json-object.js';
import { imageIdSchema, instantSchema, nameSchema } from './names.js';

export const epochSchema = z.uuid();

/** In an acknowledgement: the relay has nothing of the site, in any epoch. */
export const NIL_EPOCH = '00000000-0000-0000-0000-000000000000';
export const sequenceSchema = z.int().min(1);

/** Limit on different labels in a summary: each label takes rows of its own at the relay. */
export const MAX_LABELS = 64;

/** On the wire: the detection is a model's, which has no neighbors. Relays before models take numbers only. */
export const NO_NEIGHBORS = 0;

/**
 * A detection in the form of this version. Those of versions before models have no confidence, which is estimated, since
 * their summaries do not have `minNeighbors`. Anything else is left as it is.
 */
function completed(detection: unknown): unknown {
  if (typeof detection !== 'object' || detection === null) return detection;
  const { label, detector, box, confidence, neighbors, score } = detection as Partial<Detection>;
  const found = { label, detector, box };
  if (neighbors === NO_NEIGHBORS) return { ...found, confidence, neighbors: null, score };
  if (confidence !== undefined || typeof neighbors !== 'number') return detection;
  const estimated = confidenceOf(neighbors, searchDefaults.minNeighbors);
  return { ...found, confidence: estimated, neighbors, score };
}

/** A summary from a database, whichever version wrote it. Undefined if damage has made it unreadable. */
export function readSummary(text: string): Summary | undefined {
  const summary = jsonObject(text) as Summary | undefined;
  if (!Array.isArray(summary?.detections)) return summary;
  return { ...summary, detections: summary.detections.map(completed) as Detection[] };
}

/** Whether the detections can be put in order. A row of a damaged database may be anything. */
export const hasDetections = ({ detections }: { detections?: unknown }): boolean =>
  Array.isArray(detections) && detections.every(isOrderable);

function isOrderable(detection: unknown): boolean {
  if (!isObject(detection)) return false;
  const { confidence, neighbors, score } = detection as Partial<Detection>;
  return (
    typeof confidence === 'number' &&
    [neighbors, score].every((value) => typeof value === 'number' || value === null)
  );
}

/** A summary as relays of every version take it. An invalid one goes as it is: the relay reports what is wrong. */
export const summaryForWire = (summary: Summary): Summary =>
  hasDetections(summary)
    ? {
        ...summary,
        detections: summary.detections.map((detection) =>
          detection.neighbors === null ? { ...detection, neighbors: NO_NEIGHBORS } : detection,
        ),
      }
    : summary;

/** The record of one analysed snapshot, without its pixels. */
export const summarySchema = z
  .object({
    camera: nameSchema,
    snapshot: imageIdSchema,
    takenAt: instantSchema,
    width: z.int().min(1),
    height: z.int().min(1),
    detections: z
      .array(z.preprocess(completed, detectionSchema))
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

/** See checksum.ts. It is the last field of the message; those that were sent before the field existed have none. */
const checkSchema = z
  .string()
  .regex(/^[0-9a-f]{8}$/)
  .optional()
  .meta({
    description:
      'The last field: CRC-32 of the site id, a line feed, and the message without this field. A message that does not match is not used',
  });

const recordShape = {
  v: z.literal(1),
  epoch: epochSchema,
  seq: sequenceSchema,
  first: sequenceSchema,
  check: checkSchema,
};

/**
 * A summary on its way to the relay. `epoch` is the random id of the outbox database. `seq` numbers the summaries in
 * it, from 1 without a gap. `first` is the lowest seq that the appliance still holds: the relay does not wait for lower
 * ones. `historical` marks late data. `former` marks a summary that may have been sent in an earlier epoch, under that
 * site id: the relay does not store it if it has that snapshot.
 */
export const summaryRecordSchema = z
  .object({
    ...recordShape,
    summary: summarySchema,
    historical: z.literal(true).optional(),
    former: nameSchema.optional().catch(undefined),
  })
  .refine(({ first, seq }) => first <= seq, 'first lies above seq')
  .meta({ id: 'SummaryRecord' });
export type SummaryRecord = z.infer<typeof summaryRecordSchema>;

/** Why the appliance dropped summaries: a limit of the outbox was exceeded, or its database was damaged. */
export const dropReasonSchema = z.enum(['bytes', 'age', 'damaged']);

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
    cause: z.enum(['refused', 'forgotten', 'damaged']).optional().catch(undefined).meta({
      description:
        '`refused`: the relay or the broker does not accept it; `forgotten`: a relay lost it after its acknowledgement; `damaged`: the database of the appliance was damaged',
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

/** Limit on the refusals in an acknowledgement; it names the lowest numbers. */
export const MAX_REFUSALS = 32;

/**
 * A record that the relay will never store or, with `again`, one that was damaged on the way. `conflict` marks a number under which it has another summary: the appliance
 * or the relay has another database than before, or two appliances use copies of one.
 */
export const refusalSchema = z
  .object({
    seq: sequenceSchema,
    reason: z.string().max(MAX_DETAIL),
    snapshot: z.string().max(64).optional(),
    conflict: z.literal(true).optional(),
    again: z.literal(true).optional(),
  })
  .meta({ id: 'Refusal' });
export type Refusal = z.infer<typeof refusalSchema>;

/**
 * The relay has committed everything up to and including `seq`. `ahead` names committed ranges above a gap, lowest
 * first: the appliance does not send them again. `refused` names records that the relay will not store. `lost` names
 * ranges that it does not have, although it had acknowledged them, and that the appliance no longer holds. `held` names
 * records that arrived and are beyond the site's budget: they are stored when they are sent again later.
 */
export const acknowledgementSchema = z
  .object({
    epoch: epochSchema,
    seq: z.int().min(0),
    ahead: z
      .array(z.tuple([sequenceSchema, sequenceSchema]))
      .max(MAX_AHEAD)
      .optional(),
    refused: z.array(refusalSchema).max(MAX_REFUSALS).optional().catch(undefined),
    lost: z
      .array(z.tuple([sequenceSchema, sequenceSchema]))
      .max(MAX_AHEAD)
      .optional()
      .catch(undefined),
    held: z.array(sequenceSchema).max(MAX_REFUSALS).optional().catch(undefined),
    check: checkSchema,
  })
  .meta({ id: 'Acknowledgement' });
export type Acknowledgement = z.infer<typeof acknowledgementSchema>;
