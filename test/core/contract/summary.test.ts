import test from 'ava';
import { z } from 'zod';
import { boxSchema, type Detection, MAX_DETECTORS } from '../../../core/contract/detection.js';
import { MAX_LABELS, readSummary } from '../../../core/contract/summary.js';
import { decodePayload } from '../../../core/contract/topic-payloads.js';
import { recordOf } from '../../../edge/uplink/record-of.js';
import { aDetection, anArrival, aSummary } from '../../support/delivery-fixtures.js';

const accepts = (labels: string[]) => {
  const detections = labels.map((label) => aDetection(label));
  return decodePayload('up', JSON.stringify(anArrival(1, { summary: { detections } }).record)).ok;
};
const labels = (count: number) => Array.from({ length: count }, (_, i) => `label ${i}`);

test('a summary may have up to the limit of different labels, each any number of times', (t) => {
  t.true(accepts([...labels(MAX_LABELS), ...labels(MAX_LABELS)]));
  t.false(accepts(labels(MAX_LABELS + 1)));
});

test('an appliance cannot make a summary with more labels than are accepted', (t) => {
  t.true(MAX_DETECTORS <= MAX_LABELS);
});

test('labels that differ also differ in UTF-8', (t) => {
  t.true(accepts(['Straßenschild', '停', '🛑']));
  t.false(accepts(['\ud800', '\udfff']));
});

const ofModel: Detection = {
  ...{ label: 'person', detector: 'yolox-nano', box: { x: 1, y: 2, width: 3, height: 4 } },
  ...{ confidence: 0.71, neighbors: null, score: null },
};

/** What versions before models checked of a detection. */
const beforeModels = z.object({
  label: z.string(),
  detector: z.string(),
  box: boxSchema,
  neighbors: z.int().min(0),
  score: z.number().nullable(),
});

/** As an appliance sends it. */
const sent = (detections: Detection[]): string => {
  const row = { seq: 1, from: 1, bytes: 300, createdAt: 5, former: null };
  const record = recordOf(
    { ...row, summary: aSummary({ detections }) },
    '7f1c1f0e-52a3-4f4a-9a77-0c9d2c3d1b10',
    { acked: 0 },
    false,
  );
  return JSON.stringify(record);
};

test('relays of versions before models accept what a model found', (t) => {
  const { summary } = JSON.parse(sent([ofModel, aDetection()]));
  t.notThrows(() => z.array(beforeModels).parse(summary.detections));
});

test('a relay reads what a model found as the appliance stored it', (t) => {
  const decoded = decodePayload('up', sent([ofModel, aDetection()]));
  if (!decoded.ok || !('summary' in decoded.payload)) return t.fail();
  t.deepEqual(decoded.payload.summary.detections, [ofModel, aDetection()]);
});

test('a relay accepts summaries of versions before models, and estimates the confidence', (t) => {
  const { confidence: _, ...earlier } = aDetection('stop sign', 9);
  const text = sent([]).replace('"detections":[]', `"detections":[${JSON.stringify(earlier)}]`);
  const decoded = decodePayload('up', text);
  if (!decoded.ok || !('summary' in decoded.payload)) return t.fail();
  t.deepEqual(decoded.payload.summary.detections, [
    { ...aDetection('stop sign', 9), confidence: 0.75 },
  ]);
});

test('a detection without confidence and without neighbors is none', (t) => {
  const { confidence: _, ...rest } = ofModel;
  const text = sent([]).replace('"detections":[]', `"detections":[${JSON.stringify(rest)}]`);
  t.false(decodePayload('up', text).ok);
});

test('a stored summary of a version before models is read with a confidence', (t) => {
  const { confidence: _, ...earlier } = aDetection('stop sign', 3);
  const stored = { ...aSummary(), detections: [earlier, ofModel] };
  t.deepEqual(readSummary(JSON.stringify(stored))?.detections, [
    { ...aDetection('stop sign', 3), confidence: 0.5 },
    ofModel,
  ]);
  t.deepEqual(readSummary('{"damaged":1}'), { damaged: 1 } as never);
});
