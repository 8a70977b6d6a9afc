import test from 'ava';
import { z } from 'zod';
import { acknowledgementSchema, type UplinkRecord } from '../../../core/contract/summary.js';
import { decodePayload, encodePayload } from '../../../core/contract/topic-payloads.js';
import { aSummary, EPOCH } from '../../support/delivery-fixtures.js';

/** The schemas of the version before checksums and refusals, as it accepted messages. */
const head = { v: z.literal(1), epoch: z.uuid(), seq: z.int().min(1), first: z.int().min(1) };
const earlierRecord = z.union([
  z.object({
    ...head,
    summary: z.object({ camera: z.string(), snapshot: z.uuid(), detections: z.array(z.unknown()) }),
    historical: z.literal(true).optional(),
  }),
  z.object({
    ...head,
    dropped: z
      .object({
        from: z.int().min(1),
        to: z.int().min(1),
        count: z.int().min(1),
        reason: z.enum(['bytes', 'age']),
      })
      .refine(({ from, to, count }) => from <= to && count === to - from + 1),
  }),
]);
const earlierAcknowledgement = z.object({
  epoch: z.uuid(),
  seq: z.int().min(0),
  ahead: z
    .array(z.tuple([z.int().min(1), z.int().min(1)]))
    .max(32)
    .optional(),
});

const base = { v: 1, epoch: EPOCH, seq: 7, first: 3 } as const;
const dropped = { from: 7, to: 7, count: 1, reason: 'bytes' } as const;
const records: UplinkRecord[] = [
  { ...base, summary: aSummary() },
  { ...base, summary: aSummary(), historical: true, former: 'south' },
  { ...base, dropped },
  { ...base, dropped: { ...dropped, cause: 'refused', detail: 'too many labels' } },
  { ...base, dropped: { ...dropped, cause: 'forgotten' } },
];

test('a relay of the version before accepts every record of this appliance', (t) => {
  for (const record of records) {
    const text = encodePayload('up', record, { site: 'north' }) as string;
    t.true(earlierRecord.safeParse(JSON.parse(text)).success, text);
  }
});

test('this relay accepts the records of an appliance of the version before', (t) => {
  for (const record of [records[0], records[2]])
    t.true(decodePayload('up', JSON.stringify(record), { site: 'north' }).ok);
});

test('an appliance of the version before reads every acknowledgement of this relay', (t) => {
  const acknowledgement = {
    epoch: EPOCH,
    seq: 500,
    ahead: [[502, 510] as [number, number]],
    refused: [{ seq: 501, reason: 'too many labels', conflict: true as const }],
    lost: [[3, 9] as [number, number]],
  };
  const text = encodePayload('ack', acknowledgement, { site: 'north' }) as string;
  const { epoch, seq, ahead } = acknowledgement;
  t.deepEqual(earlierAcknowledgement.parse(JSON.parse(text)), { epoch, seq, ahead });
  t.deepEqual(decodePayload('ack', text, { site: 'north' }), {
    ok: true,
    payload: { ...acknowledgement, check: JSON.parse(text).check },
  });
});

test('this appliance reads the acknowledgements of a relay of the version before', (t) => {
  t.true(decodePayload('ack', JSON.stringify({ epoch: EPOCH, seq: 4 }), { site: 'north' }).ok);
});

test('what a later version adds to a mark or an acknowledgement does not make it unreadable', (t) => {
  const mark = { ...base, dropped: { ...dropped, cause: 'another', detail: 'x'.repeat(1_000) } };
  t.true(decodePayload('up', JSON.stringify(mark), { site: 'north' }).ok);
  const refused = [{ seq: 'unknown' }];
  t.like(acknowledgementSchema.parse({ epoch: EPOCH, seq: 1, refused, more: 1 }), { seq: 1 });
});
