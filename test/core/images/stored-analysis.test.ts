import test from 'ava';
import { modelDefaults } from '../../../core/contract/detection.js';
import { readAnalysis } from '../../../core/images/stored-analysis.js';

const box = { x: 10, y: 20, width: 64, height: 64 };
const rest = {
  ...{ width: 800, height: 600, preparation: { workingSize: 1280, orientations: [0] } },
  times: { queueMs: 0, decodeMs: 3, detectMs: 9 },
};

test('a result of a version before models is read with confidences, from its own parameters', (t) => {
  const parameters = { scaleFactor: 1.1, minNeighbors: 5, minSize: 20, maxSize: 0 };
  const stored = {
    ...rest,
    detections: [
      { label: 'stop sign', detector: 'stop-sign', box, neighbors: 15, score: 1.25 },
      { label: 'face', detector: 'face', box, neighbors: 3, score: null },
    ],
    detectors: [
      { id: 'stop-sign', engine: 'siteglass', parameters },
      { id: 'face', engine: 'opencv', parameters: { ...parameters, minNeighbors: 3 } },
    ],
  };
  t.deepEqual(readAnalysis(JSON.stringify(stored)).detections, [
    {
      label: 'stop sign',
      detector: 'stop-sign',
      box,
      confidence: 0.75,
      neighbors: 15,
      score: 1.25,
    },
    { label: 'face', detector: 'face', box, confidence: 0.5, neighbors: 3, score: null },
  ]);
});

test('a result of this version is read as it was stored', (t) => {
  const analysis = {
    ...rest,
    detections: [
      { label: 'person', detector: 'nano', box, confidence: 0.71, neighbors: null, score: null },
    ],
    detectors: [{ id: 'nano', engine: 'onnxruntime', parameters: modelDefaults }],
    damaged: true,
    omitted: 3,
  };
  t.deepEqual(readAnalysis(JSON.stringify(analysis)) as object, analysis);
});
