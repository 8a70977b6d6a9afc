import test from 'ava';
import type { Zone } from '../../../core/contract/zone.js';
import type { AnalysisPlan } from '../../../core/detection/detection.js';
import { analysisKey } from '../../../core/images/analysis-key.js';
import { aModel, planFor } from '../detection/detection-setup.js';

test('a result found in zones is never used for the whole image or for other zones', async (t) => {
  const plan = await planFor();
  const zone: Zone = {
    kind: 'include',
    points: [
      [0, 0],
      [1, 0],
      [1, 0.5],
    ],
  };
  const keys = [
    plan,
    { ...plan, zones: [zone] },
    { ...plan, zones: [{ ...zone, kind: 'mask' as const }] },
    { ...plan, zones: [zone, zone] },
  ].map((one) => analysisKey('abc', one));
  t.is(new Set(keys).size, keys.length);
  t.is(analysisKey('abc', { ...plan, zones: [{ ...zone, name: 'road' }] }), keys[1] ?? '');
});

const earlier: AnalysisPlan = {
  detectors: [
    {
      ...{ id: 'stop-sign', label: 'stop sign', engine: 'siteglass', file: '/x', sha256: 'ab' },
      parameters: { scaleFactor: 1.1, minNeighbors: 5, minSize: 20, maxSize: 0 },
    },
  ],
  preparation: { workingSize: 1280, orientations: [0] },
};
const road: Zone = {
  name: 'road',
  kind: 'include',
  points: [
    [0, 0],
    [1, 0],
    [1, 0.5],
  ],
};

test('results that versions before models stored keep their keys', (t) => {
  t.deepEqual(
    [
      earlier,
      { ...earlier, zones: [road] },
      { ...earlier, zones: [road], acceptDamaged: true as const },
    ].map((plan) => analysisKey('abc', plan)),
    [
      'fd15e368c9635644eef725dda0c92008107b80377eaa41123862e2776483f70e',
      '6fd2ed64c94ce45b1b12e1490ab70a438fcc8e7145ad44cc396a25b4252cd042',
      '8fc9b0dcace58fecbee5e69a33092acf50cb01ef25db5c87c5d8c4480820499e',
    ],
  );
});

test('whatever changes a result changes its key', (t) => {
  const model = aModel();
  const plan: AnalysisPlan = { ...earlier, detectors: [model] };
  const described = (more: object) => ({
    ...plan,
    detectors: [{ ...model, model: { ...model.model, ...more } }],
  });
  const applied = (more: object) => ({
    ...plan,
    detectors: [{ ...model, parameters: { ...model.parameters, ...more } }],
  });
  const zoned = (more: object) => ({ ...plan, zones: [{ ...road, ...more }] });
  const plans: AnalysisPlan[] = [
    ...[earlier, { ...earlier, labels: ['stop sign'] }, { ...earlier, minConfidence: 0.7 }],
    ...[plan, { ...plan, labels: ['car'] }, { ...plan, labels: ['car', 'person'] }],
    ...[{ ...plan, preparation: { ...plan.preparation, tiles: '2x2' } }],
    ...[{ ...plan, detectors: [{ ...model, sha256: 'cd' }] }],
    ...[described({ family: 'yolov8' }), described({ width: 640 }), described({ channels: 'rgb' })],
    ...[described({ mean: [1, 0, 0] }), described({ scale: [2, 1, 1] })],
    ...[described({ labels: ['car', 'person'] })],
    ...[described({ letterbox: { align: 'centre', fill: 114 } })],
    ...[applied({ minConfidence: 0.4 }), applied({ maxOverlap: 0.5 }), applied({ minSize: 9 })],
    ...[zoned({}), zoned({ labels: ['car'] }), zoned({ minConfidence: 0.2 })],
  ];
  const keys = plans.map((one) => analysisKey('abc', one));
  t.is(new Set(keys).size, keys.length);
});
