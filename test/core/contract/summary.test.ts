import test from 'ava';
import { MAX_DETECTORS } from '../../../core/contract/detection.js';
import { MAX_LABELS } from '../../../core/contract/summary.js';
import { decodePayload } from '../../../core/contract/topics.js';
import { aDetection, anArrival } from '../../support/delivery-fixtures.js';

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
