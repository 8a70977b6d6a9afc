import test from 'ava';
import {
  confidenceOf,
  type Detection,
  modelDefaults,
  searchDefaults,
} from '../../../core/contract/detection.js';
import { type Zone, zoneSchema } from '../../../core/contract/zone.js';
import type { PlannedCascade } from '../../../core/detection/detection.js';
import { searchedConfidence, wanted } from '../../../core/detection/wanted.js';
import { aModel } from './detection-setup.js';

const file = { file: '/nowhere', sha256: 'f'.repeat(64) };
const cascade: PlannedCascade = {
  ...file,
  id: 'stop-sign',
  label: 'stop sign',
  engine: 'siteglass',
  parameters: searchDefaults,
};
const model = aModel({ parameters: { ...modelDefaults, minConfidence: 0.4 } });
const detectors = [cascade, model];

const at = (x: number) => ({ x, y: 40, width: 20, height: 20 });
const seen = (label: string, confidence: number, x = 10): Detection => ({
  ...{ label, detector: 'street', box: at(x), confidence, neighbors: null, score: null },
});
const sign = (neighbors: number, x = 10): Detection => ({
  ...{ label: 'stop sign', detector: 'stop-sign', box: at(x), neighbors, score: 1 },
  confidence: confidenceOf(neighbors, searchDefaults.minNeighbors),
});

const size = { width: 100, height: 100 };
/** The left or the right half. */
const half = (side: 'left' | 'right', kind: Zone['kind'], more: Partial<Zone> = {}): Zone => {
  const [x0, x1] = side === 'left' ? [0, 0.5] : [0.5, 1];
  const points = [
    [x0, 0],
    [x1, 0],
    [x1, 1],
    [x0, 1],
  ];
  return zoneSchema.parse({ kind, points, ...more });
};

test('only labels that are asked for come through', (t) => {
  const isWanted = wanted({ detectors, labels: ['car', 'stop sign'] }, size);
  t.true(isWanted(seen('car', 0.9)));
  t.false(isWanted(seen('person', 0.9)));
  t.true(isWanted(sign(4)));
});

test('a minConfidence holds for cascades too, which have none of their own', (t) => {
  t.true(wanted({ detectors }, size)(sign(4)));
  const isWanted = wanted({ detectors, minConfidence: 0.7 }, size);
  t.false(isWanted(sign(6)), 'two thirds');
  t.true(isWanted(sign(7)), 'seven tenths');
});

test("a model's own limit holds where no zone has another one", (t) => {
  const isWanted = wanted({ detectors }, size);
  t.true(isWanted(seen('car', 0.4)));
  t.false(isWanted(seen('car', 0.39)));
});

test('a zone to include limits what counts in it, by label and by confidence', (t) => {
  const zones = [
    half('left', 'include', { labels: ['person'], minConfidence: 0.2 }),
    half('right', 'include', { minConfidence: 0.8 }),
  ];
  const isWanted = wanted({ detectors, zones }, size);
  t.true(isWanted(seen('person', 0.25)), 'weaker than the model finds elsewhere');
  t.false(isWanted(seen('person', 0.19)));
  t.false(isWanted(seen('car', 0.9)), 'another label');
  t.true(isWanted(seen('car', 0.8, 70)));
  t.false(isWanted(seen('person', 0.79, 70)));
});

test('zones that share a place count each on its own', (t) => {
  const zones = [
    half('left', 'include', { labels: ['car'], minConfidence: 0.9 }),
    half('left', 'include', { labels: ['car', 'person'] }),
  ];
  const isWanted = wanted({ detectors, zones }, size);
  t.true(isWanted(seen('car', 0.5)));
  t.false(isWanted(seen('car', 0.3)));
});

test('a mask with labels masks these and no others', (t) => {
  const isWanted = wanted({ detectors, zones: [half('left', 'mask', { labels: ['car'] })] }, size);
  t.false(isWanted(seen('car', 0.9)));
  t.true(isWanted(seen('person', 0.9)));
  t.true(isWanted(seen('car', 0.9, 70)));
  t.false(isWanted(seen('person', 0.3)), 'its own limit stays');
});

test('a model is searched with the lowest confidence that any zone asks for', (t) => {
  t.is(searchedConfidence(model), 0.4);
  const zones = [half('left', 'include', { minConfidence: 0.2 }), half('right', 'include')];
  t.is(searchedConfidence(model, zones), 0.2);
  t.is(searchedConfidence(model, [half('left', 'include', { minConfidence: 0.8 })]), 0.4);
  t.is(searchedConfidence(model, [half('left', 'include', { minConfidence: 0 })]), 0.01);
});

test('a mask has no confidence', (t) => {
  const { success } = zoneSchema.safeParse({ ...half('left', 'mask'), minConfidence: 0.5 });
  t.false(success);
});
